"""What a text holds that a rule may care about: personal data, secrets, an organisation's own terms.

Pure Python, no Django, no network. `finding.find` reads a text; `streaming.open_from` tells how much of a
text that is still growing is settled; `kinds` names what can be found.
"""
