"""The version of the software."""

from __future__ import annotations

from functools import cache


@cache
def software_version() -> str:
    """Tell the version of the installed package, or that of the checkout from which it runs."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hipkg")
    except PackageNotFoundError:
        import tomllib

        from hipkg.base.paths import ROOT

        project = ROOT / "pyproject.toml"
        return (
            str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]) if project.is_file() else "?"
        )
