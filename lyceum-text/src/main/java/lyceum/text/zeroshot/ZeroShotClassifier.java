package lyceum.text.zeroshot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.TextEncoder;

/**
 * Sorts texts into classes that are known by a label or a description alone: a text goes to the class whose vector is nearest by cosine. A class of several
 * texts has the mean of their unit vectors.
 *
 * {@snippet :
 * static String genre(TextEncoder encoder, String text) {
 *     var classifier = ZeroShotClassifier.of(encoder, List.of("news", "religion", "romance"), "A text about {}.", "This is {}.");
 *     return classifier.classify(text);
 * }
 * }
 *
 * <p>Safe for threads where the encoder is.
 *
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021), section 3.1.4: templates, averaged</a>
 */
public final class ZeroShotClassifier {
    private final TextEncoder encoder;
    private final List<String> labels;
    private final Tensor vectors;

    /** @param descriptions texts of each class by its label, one at least */
    public ZeroShotClassifier(TextEncoder encoder, SequencedMap<String, List<String>> descriptions) {
        if (descriptions.isEmpty()) throw new IllegalArgumentException("ZeroShotClassifier: no classes");
        this.encoder = encoder;
        labels = List.copyOf(descriptions.sequencedKeySet());
        var rows = new ArrayList<Tensor>();
        for (var label : labels) {
            var texts = descriptions.get(label);
            if (texts.isEmpty()) throw new IllegalArgumentException("ZeroShotClassifier: class '" + label + "' has no text");
            rows.add(Similarity.normalise(encoder.encode(texts)).mean(0));
        }
        vectors = Similarity.normalise(Tensor.stack(0, rows.toArray(Tensor[]::new))).detach().compute();
    }

    /**
     * Classes by their labels.
     *
     * @param templates of texts, each with {@code {}} for the label; without any the label itself is the text
     */
    public static ZeroShotClassifier of(TextEncoder encoder, List<String> labels, String... templates) {
        for (var template : templates)
            if (!template.contains("{}"))
                throw new IllegalArgumentException("ZeroShotClassifier: the template '" + template + "' has no {} for the label");
        var descriptions = new LinkedHashMap<String, List<String>>();
        for (var label : labels) {
            var texts = templates.length == 0 ? List.of(label) : List.of(templates).stream().map(t -> t.replace("{}", label)).toList();
            if (descriptions.put(label, texts) != null)
                throw new IllegalArgumentException("ZeroShotClassifier: '" + label + "' occurs twice");
        }
        return new ZeroShotClassifier(encoder, descriptions);
    }

    /** In the order of the scores' columns. */
    public List<String> labels() { return labels; }

    /** Cosines of texts and classes, (texts, classes), F32. */
    public Tensor scores(List<String> texts) { return scores(encoder.encode(texts)); }

    /** The same for vectors that the encoder gave, (texts, dimension). */
    public Tensor scores(Tensor texts) { return Similarity.cosinesOfUnit(Similarity.normalise(texts), vectors).detach(); }

    /** The softmax of cosines over a temperature, (texts, classes); 0.01 is CLIP's. They are no frequencies of being right. */
    public Tensor probabilities(List<String> texts, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("ZeroShotClassifier: temperature is " + temperature + "; it is above 0");
        return scores(texts).div(temperature).softmax(1);
    }

    /** The label of the nearest class, the first of equals. */
    public List<String> classify(List<String> texts) {
        if (texts.isEmpty()) return List.of();
        var best = new ArrayList<String>();
        for (long c : scores(texts).argmax(1).toLongArray()) best.add(labels.get((int) c));
        return best;
    }

    public String classify(String text) { return classify(List.of(text)).getFirst(); }
}
