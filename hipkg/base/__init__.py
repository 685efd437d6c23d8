"""What any layer may use and that knows no hip: errors, vocabulary, paths, dates, numbers, output."""
