package lyceum.retrieval;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.MiniLm;
import lyceum.text.encoder.Tsv;

/** Some 540 verses of King James: one of 80, and those that were said in other words; with MiniLM's vectors of their tokens and the mean of these. */
final class EncodedVerses {
    /** Other words, and the verse; behind the first 68 paraphrases stand those of sentences of Brown. */
    static final List<String[]> OTHER_WORDS = Stream.concat(Tsv.read("paraphrases").stream().limit(68), Tsv.read("rephrased").stream())
            .toList();
    static final List<String> TEXTS;
    static final List<float[][]> TOKENS;
    static final FlatIndex POOLED = new FlatIndex(384, VectorMetric.COSINE);

    private EncodedVerses() {}

    static {
        var texts = new LinkedHashSet<String>();
        for (var line : OTHER_WORDS) texts.add(line[1]);
        for (int i = 7; i < Verses.TEXTS.size(); i += 80) texts.add(Verses.TEXTS.get(i));
        TEXTS = List.copyOf(texts);
        TOKENS = tokens(TEXTS);
        for (int i = 0; i < TEXTS.size(); i++) POOLED.add(i, mean(TOKENS.get(i)));
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

    /** MiniLM's vector of a text but for its length. */
    static float[] mean(float[][] tokens) {
        var mean = new float[384];
        for (var token : tokens) for (int i = 0; i < 384; i++) mean[i] += token[i] / tokens.length;
        return mean;
    }

    /** By number as text. */
    static Map<String, String> texts() {
        var texts = new TreeMap<String, String>();
        for (int i = 0; i < TEXTS.size(); i++) texts.put("" + i, TEXTS.get(i));
        return texts;
    }

    /** MiniLM, which takes the vectors of these verses from here. */
    static Tensor encode(List<String> texts) {
        int at = texts.size() == TEXTS.size() ? 0 : -1;
        if (at < 0) return MiniLm.encoder().encode(texts);
        var rows = new ArrayList<Tensor>();
        for (var text : texts) rows.add(Tensor.of(POOLED.get(TEXTS.indexOf(text)).orElseThrow()));
        return Tensor.stack(0, rows.toArray(Tensor[]::new));
    }
}
