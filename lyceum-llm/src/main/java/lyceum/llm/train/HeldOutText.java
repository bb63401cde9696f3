package lyceum.llm.train;

import java.util.ArrayList;
import java.util.List;
import lyceum.LyceumException;
import lyceum.data.corpus.Document;
import lyceum.text.Tokenizer;

/**
 * Documents to learn from, and others to see by what was learned.
 *
 * @param learned trained on
 * @param held not
 */
public record HeldOutText(List<Document> learned, List<Document> held) {
    public HeldOutText {
        learned = List.copyOf(learned);
        held = List.copyOf(held);
    }

    /** Every {@code n}-th document is held out; where there are fewer than that, the last n-th of each. */
    public static HeldOutText oneIn(int n, List<Document> all) {
        var learned = new ArrayList<Document>();
        var held = new ArrayList<Document>();
        for (int i = 0; i < all.size(); i++) {
            var document = all.get(i);
            if (all.size() >= n) (i % n == n - 1 ? held : learned).add(document);
            else {
                int cut = document.text().length() - document.text().length() / n;
                if (cut > 0 && Character.isHighSurrogate(document.text().charAt(cut - 1))) cut--;
                learned.add(document.withText(document.text().substring(0, cut)));
                held.add(document.withText(document.text().substring(cut)));
            }
        }
        return new HeldOutText(learned, held);
    }

    /**
     * Documents in rows, each with the mark behind it.
     *
     * @throws lyceum.LyceumException if there is too little text for a row
     */
    public static PackedText packed(List<Document> documents, Tokenizer pieces, int length, int end) {
        var packed = PackedText.of(documents.stream().map(d -> pieces.ids(d.text())).toList(), length, end);
        if (packed.size() == 0)
            throw new LyceumException("there is too little text: " + documents.size() + " documents make no row of " + length + " tokens");
        return packed;
    }

    /** Of what is held out, in UTF-8. */
    public long heldBytes() { return held.stream().mapToLong(Document::bytes).sum(); }
}
