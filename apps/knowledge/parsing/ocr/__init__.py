"""Reading pictures of text (OCR): find lines, read them, put them in order. Runs inside the sandbox."""
