package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.decomposition.AmariDistance;
import lyceum.learn.decomposition.FastIca;
import lyceum.learn.decomposition.Pca;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Three waves that three microphones hear mixed: principal components stay mixed, independent components are the waves. */
@Lab(topics = "ica", title = "Three voices at a cocktail party")
final class CocktailLab implements LabBody {
    private static final String[] NAMES = {"sine", "square", "sawtooth"};

    @Override public void run(LabContext lab) {
        int n = lab.param("samples", 2000, 200, 10_000), party = lab.param("party", 1, 1, 50);
        double noise = lab.param("noise", 0.0, 0.0, 0.5);
        boolean gaussian = lab.flag("replace the sawtooth by normal noise", false);
        var contrast = FastIca.Contrast.valueOf(lab.choice("contrast", "LOGCOSH", "LOGCOSH", "EXP", "CUBE"));
        var waves = waves(lab, n, gaussian);
        var mixing = Tensor.randn(lab.rng(party), DType.F64, 3, 3);
        var heard = waves.matmul(mixing.transpose()).add(Tensor.randn(lab.rng(100), DType.F64, n, 3).mul(noise)).compute();

        var pca = new Pca(3).withWhiten(true).fit(heard);
        var ica = new FastIca(3).withContrast(contrast).withSeed(lab.seed()).fit(heard);
        Tensor scores = pca.transform(heard), sources = ica.transform(heard);
        lab.figure(Figure
                .grid("The first eighth of the recording", 1, rows("What three microphones hear", heard, n / 8),
                        rows("Three principal components", scores, n / 8), rows("Three independent components", sources, n / 8))
                .describedAs(
                        "Every microphone hears all three waves; principal components still hold them mixed; the independent ones are sine, square and sawtooth."));
        lab.figure(Figure.row("Two of the three components against each other", cloud("Principal components", scores),
                cloud("Independent components", sources)).describedAs(
                        "Both clouds are uncorrelated; only on the right do the edges follow the axes, so that one value says nothing about the other."));

        double apart = AmariDistance.of(ica.unmixing(), mixing),
                mixed = AmariDistance.of(pca.components().div(pca.explainedVariance().sqrt().unsqueeze(1)), mixing);
        double[] best = matches(waves, sources), byPca = matches(waves, scores), kurtosis = ica.kurtosis();
        lab.table("How well each wave is found",
                List.of("wave", "largest |correlation| with a principal component", "with an independent one"),
                List.of(List.of(NAMES[0], byPca[0], best[0]), List.of(NAMES[1], byPca[1], best[1]),
                        List.of(gaussian ? "normal noise" : NAMES[2], byPca[2], best[2])));
        lab.say("The independent components have excess kurtosis %.2f, %.2f and %.2f (square -2, sine -1.5, sawtooth -1.2, normal 0).",
                kurtosis[0], kurtosis[1], kurtosis[2]);
        lab.shows("least matched correlation", Math.min(best[0], Math.min(best[1], best[2])), atLeast(0.999));
        lab.shows("Amari distance of the independent components", apart, below(0.01));
        lab.shows("Amari distance of the principal components over it", mixed / apart, above(10));
    }

    private static Tensor waves(LabContext lab, int n, boolean gaussian) {
        var s = new double[n][3];
        var rng = lab.rng(0);
        for (int i = 0; i < n; i++) {
            double t = (double) i / n, saw = 11 * t;
            s[i] = new double[] {Math.sqrt(2) * Math.sin(2 * Math.PI * 5 * t), Math.sin(2 * Math.PI * (7 * t + 1e-9)) < 0 ? -1 : 1,
                    gaussian ? rng.nextGaussian() : Math.sqrt(12) * (saw - Math.floor(saw) - 0.5)};
        }
        return Tensor.of(s);
    }

    /** Three signals below each other. */
    private static Plot rows(String title, Tensor signals, int count) {
        var plot = Figure.plot(title).axes("sample", "signal, shifted");
        for (int c = 0; c < 3; c++) {
            var signal = signals.narrow(0, 0, count).select(1, c);
            double scale = signals.select(1, c).abs().max().item();
            plot = plot.line(Integer.toString(c + 1), 0, signal.div(scale).sub(2.2 * c));
        }
        return plot;
    }

    private static Plot cloud(String title, Tensor scores) {
        int most = (int) Math.min(1000, scores.size(0));
        return Figure.plot(title).points("samples", scores.narrow(0, 0, most).narrow(1, 0, 2)).equalScales().axes("first, in deviations",
                "second, in deviations");
    }

    /** The largest absolute correlation of each wave with any component. */
    private static double[] matches(Tensor waves, Tensor components) {
        Tensor w = waves.sub(waves.mean(0)), c = components.sub(components.mean(0));
        w = w.div(w.square().sum(0).sqrt());
        c = c.div(c.square().sum(0).sqrt());
        return w.transpose().matmul(c).abs().max(1).toDoubleArray();
    }
}
