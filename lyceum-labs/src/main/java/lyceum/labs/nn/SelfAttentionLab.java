package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.AttentionConfig;
import lyceum.nn.AttentionMechanism;
import lyceum.nn.AttentionScore;
import lyceum.nn.MultiHeadAttention;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Kernel regression turns into attention; then a sentence looks at itself, sharper and sharper. */
@Lab(topics = {"self-attention", "attention-weights", "attention-mechanism"}, title = "From a kernel to a layer that looks around")
final class SelfAttentionLab implements LabBody {
    private static final String[] WORDS = {"the", "cat", "sat", "because", "it", "was", "tired"};

    @Override public void run(LabContext lab) {
        double width = lab.param("kernel width", 0.4, 0.05, 3.0), sharpness = lab.param("sharpness", 2.0, 0.1, 20.0);
        int heads = lab.param("heads", 2, 1, 4);
        regression(lab, width);
        sentence(lab, heads, sharpness);
    }

    private static void regression(LabContext lab, double width) {
        var x = Tensor.rand(lab.rng(1), DType.F64, 40, 1).mul(6).compute();
        var y = x.sin().add(Tensor.randn(lab.rng(2), DType.F64, 40, 1).mul(0.15)).compute();
        var at = Tensor.linspace(0, 6, 121).to(DType.F64).reshape(121, 1);
        var score = AttentionScore.negativeSquaredDistance(1 / (2 * width * width));
        Tensor soft = new AttentionMechanism(score).of(at, x, y),
                sparse = new AttentionMechanism(score).withNormaliser(AttentionMechanism.Normaliser.SPARSEMAX).of(at, x, y);
        lab.figure(Figure.plot("Queries are places, keys the samples, values their heights").points("samples", x.flatten(), y.flatten())
                .line("softmax: Nadaraya-Watson", at.flatten(), soft.flatten()).line("sparsemax", at.flatten(), sparse.flatten())
                .axes("x", "y").describedAs(
                        "With minus the squared distance as the score, attention is Gaussian kernel regression: a weighted mean of the values near by."));
        double error = soft.sub(at.sin()).square().mean().sqrt().item();
        lab.say("At kernel width %.2f the curve is off the truth by %.3f on average.", width, error);
        lab.shows("attention-mechanism", "distance from the nearest sample's height as the kernel narrows",
                new AttentionMechanism(AttentionScore.negativeSquaredDistance(1e10)).of(x, x, y).sub(y).abs().max().item(), below(1e-6));
    }

    private static void sentence(LabContext lab, int heads, double sharpness) {
        int n = WORDS.length, d = 16 * heads;
        var x = Tensor.randn(lab.rng(3), DType.F32, 1, n, d).compute();
        var layer = new MultiHeadAttention(new AttentionConfig(d, heads).withAttention(new Attention().withScale(sharpness / 4)),
                lab.rng(4));
        var weights = layer.weights(x, x);
        var panels = new Figure[heads];
        for (int h = 0; h < heads; h++)
            panels[h] = Figure.heatmap("head " + (h + 1), weights.values().get(0).get(h), WORDS, WORDS).axes("looked at", "looks");
        lab.figure(Figure.row("Who looks at whom, before any training", panels).describedAs(
                "Each row is a distribution over the words: the weights with which their values are mixed into what the row's word becomes."));
        var scales = new double[] {0.1, 0.3, 1, 3, 10, 30};
        var support = new double[scales.length];
        for (int i = 0; i < scales.length; i++)
            support[i] = layer.weights(x, x, new Attention().withScale(scales[i])).effectiveSupport().mean().item();
        lab.figure(Figure.plot("Sharper scores rest on fewer words").line("exp of the entropy", scales, support)
                .axes("scale of the scores", "words").logX()
                .describedAs("The effective support of a row, from all words when the scores are flat to one when they are sharp."));
        lab.figure(Figure.bars("One row, three scales", WORDS, row("0.1", layer, x, 0.1), row("1", layer, x, 1), row("30", layer, x, 30))
                .axes("word", "weight").describedAs("The look of the word 'it': even, preferring, decided."));
        lab.shows("attention-weights", "effective support, flat", support[0], above(n - 1.0));
        lab.shows("attention-weights", "effective support, sharp", support[scales.length - 1], below(2));
        lab.shows("attention-weights", "gap of a row's sum from 1", weights.rowGap(), below(1e-6));
        lab.shows("self-attention", "least weight", weights.values().min().item(), atLeast(0));
        var order = Tensor.of(6, 5, 4, 3, 2, 1, 0);
        lab.shows("self-attention", "reversing the words reverses the outputs",
                layer.forward(x.indexSelect(1, order)).sub(layer.forward(x).indexSelect(1, order)).abs().max().item(), below(1e-5));
    }

    private static Series row(String name, MultiHeadAttention layer, Tensor x, double scale) {
        return Series.of(name, layer.weights(x, x, new Attention().withScale(scale)).values().get(0).get(0).get(4).toDoubleArray());
    }
}
