/** What the stand-in server answers: long enough to show every kind of block. */

export const RICH = `Here is the plan **for the migration**. Tenants move in waves, smallest first, so that faults in the tooling surface cheaply. Freeze schema changes two days before each wave and keep the source read-only for 14 days.

### Waves

1. Export \`users\` from the old tenant
2. Validate with *dry-run*, then compare the counts
   - People and teams
   - Documents, with their hashes
3. Switch the host name

\`\`\`python
def hello(name: str) -> str:
    # greet
    return f"hi {name}"

class Wave:
    """One group of tenants that moves together."""

    def __init__(self, number: int, tenants: list[str]) -> None:
        self.number = number
        self.tenants = tenants
\`\`\`

| Wave | Tenants | Start | Risk |
|:--|--:|:--|:--|
| 1 | 12 | 2 March | low |
| 2 | 31 | 9 March | single sign-on |
| 3 | 5 | 23 March | custom retention |

The load follows $E = mc^2$ only loosely; the copy time is

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

> Keep the rollback rehearsed: a wave that cannot go back must not go forward.

- [x] Announce wave 1
- [ ] Rehearse the rollback

See [the runbook](https://wiki.example.com/runbook) and ![a chart](https://sink.example.com/x.png). Raw <b onclick="alert(1)">HTML</b> stays text: <script>alert(1)</script> 😀 and a flag 🇩🇪.`;

export const QUOTE = "Tenants are moved in waves, smallest first, so that tooling faults surface cheaply.";

export const ARABIC =
  "مرحبا! هذه إجابة قصيرة باللغة العربية مع قائمة:\n\n- النقطة الأولى\n- النقطة الثانية مع `code`\n\nوهذا سطر أخير.";
