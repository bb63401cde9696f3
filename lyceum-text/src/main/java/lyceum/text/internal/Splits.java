package lyceum.text.internal;

/** A text and the words it is cut into. */
public final class Splits {
    public AlignedText text;
    /** Start and end of each word. */
    public IntList spans = new IntList();

    public Splits(AlignedText text) {
        this.text = text;
        if (text.isEmpty()) return;
        spans.add(text.from);
        spans.add(text.to);
    }

    public int count() { return spans.size / 2; }

    public int from(int i) { return spans.get(2 * i); }

    public int to(int i) { return spans.get(2 * i + 1); }
}
