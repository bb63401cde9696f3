package lyceum.retrieval;

import java.util.ArrayList;
import java.util.List;
import lyceum.text.encoder.MiniLm;

/** A thousand verses of King James, one of 31, and MiniLM's vectors of them. */
final class EncodedVerses {
    static final List<String> TEXTS = new ArrayList<>();
    static final FlatIndex POOLED = new FlatIndex(384, VectorMetric.COSINE);

    private EncodedVerses() {}

    static {
        for (int i = 7; i < Verses.TEXTS.size(); i += 31) TEXTS.add(Verses.TEXTS.get(i));
        var vectors = MiniLm.encoder().encode(TEXTS);
        for (int i = 0; i < TEXTS.size(); i++) POOLED.add(i, vectors.get(i).toFloatArray());
    }

    /** The vectors of a text's tokens, the template's among them. */
    static List<float[][]> tokens(List<String> texts) {
        var all = new ArrayList<float[][]>();
        for (var each : MiniLm.encoder().tokens(texts)) {
            int n = (int) each.vectors().size(0);
            float[] flat = each.vectors().toFloatArray();
            var rows = new float[n][384];
            for (int t = 0; t < n; t++) System.arraycopy(flat, t * 384, rows[t], 0, 384);
            all.add(rows);
        }
        return all;
    }
}
