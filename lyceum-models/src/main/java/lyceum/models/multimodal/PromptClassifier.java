package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;

/**
 * A classifier whose weights are texts: a class's vector is the mean of the unit vectors of its name in all templates, made a unit vector again, and a
 * picture belongs to the class it is nearest to.
 *
 * {@snippet :
 * var classifier = encoder.classifier(List.of("dog", "truck"), List.of("a photo of a {}", "a drawing of a {}"), tokens);
 * double share = classifier.accuracy(images, labels);
 * }
 *
 * @param encoder embeds the pictures
 * @param names of the classes
 * @param vectors unit vectors (classes, embedding)
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021), section 3.1.4: prompt ensembles</a>
 */
public record PromptClassifier(ImageTextEncoder encoder, List<String> names, Tensor vectors) {
    private static final int BATCH = 64;

    public PromptClassifier {
        names = List.copyOf(names);
        if (vectors.rank() != 2 || vectors.size(0) != names.size())
            throw new ShapeException("PromptClassifier: vectors " + vectors.shape() + " of " + names.size() + " names; one row each");
    }

    static PromptClassifier of(ImageTextEncoder encoder, List<String> names, List<String> templates, Function<String, int[]> tokens) {
        if (names.isEmpty() || templates.isEmpty()) throw new IllegalArgumentException(
                "PromptClassifier: " + names.size() + " names, " + templates.size() + " templates; at least 1 each");
        var texts = new ArrayList<String>();
        for (var name : names) for (var template : templates) {
            if (!template.contains("{}")) throw new IllegalArgumentException(
                    "PromptClassifier: the template \"" + template + "\" has no place for a name; write {} there");
            texts.add(template.replace("{}", name));
        }
        var all = encoder.textVectors(encoder.text().ids(texts, tokens), BATCH);
        var vectors = Autograd.noGrad(() -> Similarity.normalise(all.reshape(names.size(), templates.size(), -1).mean(1, false)).compute());
        return new PromptClassifier(encoder, names, vectors);
    }

    /** Similarities (n, classes) with the scale and the bias. */
    public Tensor logits(Tensor images) {
        return Autograd.noGrad(() -> encoder.logits(encoder.imageVectors(images, BATCH), vectors).compute());
    }

    /** The class of each picture (n). */
    public Tensor predict(Tensor images) { return logits(images).argmax(1); }

    /** Share of pictures whose class it gives. @param labels numbers of the names (n) */
    public double accuracy(Tensor images, Tensor labels) {
        if (labels.rank() != 1 || labels.size(0) != images.size(0))
            throw new ShapeException("PromptClassifier: labels " + labels.shape() + " of pictures " + images.shape());
        return predict(images).eq(labels.to(DType.I64)).to(DType.F64).mean().item();
    }
}
