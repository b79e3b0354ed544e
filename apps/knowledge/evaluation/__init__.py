"""How well passages are found: sets of judged questions, asked through the real pipeline."""
