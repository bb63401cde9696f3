package lyceum.labs.core;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Temperature;
import lyceum.tensor.Tensor;

/** The next word after "the", and texts of a bigram model, from cold to hot; and logits that the unshifted formula cannot take. */
@Lab(topics = {"softmax-temperature", "softmax-normalization"}, title = "From cold to hot over the next word")
final class TemperatureLab implements LabBody {
    private static final String TEXT = """
            the cat sat on the mat . the dog sat on the cat . the cat saw the bird . the bird sat on the roof . the roof was red .
            the dog saw the mat . the mat was red and the roof was wet . the cat ran and the dog ran . the bird saw the dog and the bird sang .
            the moon was red . the sun was on the roof and the cat sang .""";

    @Override public void run(LabContext lab) {
        double temperature = lab.param("temperature", 0.7, 0.05, 10);
        double wished = lab.param("perplexity wished", 4.0, 1.5, 8);
        double size = lab.param("largest logit", 120.0, 1, 2000);
        var words = TEXT.split("\\s+");
        var vocabulary = Arrays.stream(words).distinct().sorted().toList();
        int n = vocabulary.size();
        var counts = new double[n][n];
        for (int i = 1; i < words.length; i++) counts[vocabulary.indexOf(words[i - 1])][vocabulary.indexOf(words[i])]++;
        var logits = Tensor.of(counts).add(0.02).log().compute();
        var next = logits.get(vocabulary.indexOf("the"));

        var t = new Temperature(temperature);
        lab.figure(Figure.bar("The next word after \"the\"", vocabulary.toArray(String[]::new), t.shares(next, 0)).axes("word", "share")
                .describedAs("Shares of a bigram model at the temperature of the slider: cold is one bar, hot is a level row."));
        lab.say("At T = %.2f the entropy is %.2f nats: as uncertain as a fair choice among %.1f words.", temperature,
                t.entropy(next, 0).item(), t.perplexity(next, 0).item());

        var rows = new ArrayList<List<?>>();
        for (double at : new double[] {0, 0.4, temperature, 1.5, 10})
            rows.add(List.of(at, text(vocabulary, logits, new Temperature(at), lab.rng(1), 14)));
        lab.table("Texts, each word drawn after the one before it", List.of("temperature", "text"), rows);

        var solved = Temperature.forPerplexity(next, wished);
        var range = Tensor.logspace(-2, 2, 81);
        var curve = Arrays.stream(range.toDoubleArray()).map(v -> new Temperature(v).entropy(next, 0).item()).toArray();
        lab.figure(Figure.plot("Entropy only grows with heat").line("entropy", range.toDoubleArray(), curve)
                .horizontalLine(Math.log(wished), "wished")
                .verticalLine(solved.value(), String.format(Locale.ROOT, "T = %.3f", solved.value())).logX()
                .axes("temperature", "entropy (nats)").describedAs(
                        "A rising curve from the logarithm of the number of largest logits to that of all; each height between has one temperature."));
        lab.shows("softmax-temperature", "gap of the solved perplexity", Math.abs(solved.perplexity(next, 0).item() - wished), below(1e-6));
        double steps = 0;
        for (int i = 1; i < curve.length; i++) steps = Math.max(steps, curve[i - 1] - curve[i]);
        lab.shows("softmax-temperature", "largest fall of the curve", steps, below(1e-12));
        overflow(lab, size, temperature);
    }

    private static String text(List<String> vocabulary, Tensor logits, Temperature t, Rng rng, int length) {
        var text = new StringBuilder();
        for (int i = 0, word = vocabulary.indexOf("."); i < length; i++) {
            word = t.sample(logits.get(word), 1, rng)[0];
            text.append(i == 0 ? "" : " ").append(vocabulary.get(word));
        }
        return text.toString();
    }

    private static void overflow(LabContext lab, double size, double temperature) {
        var z = Tensor.of(size, size - 1, size - 3, -size).to(DType.F32);
        var e = z.div(temperature).exp();
        Tensor naive = e.div(e.sum()), shifted = z.softmax(0, temperature);
        String[] names = {"z", "z - 1", "z - 3", "-z"};
        lab.figure(Figure.bar("Large logits in F32, shifted by their maximum", names, shifted).axes("logit", "share")
                .describedAs("Four shares that depend only on the distances between the logits, however large those are."));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < names.length; i++) rows.add(List.of(names[i], z.item(i), e.item(i), naive.item(i), shifted.item(i)));
        lab.table("The formula as written, and shifted", List.of("logit", "value", "exp(z / T)", "as written", "shifted"), rows);
        lab.say("exp passes F32 at 88.7. As written, %d of the 4 shares are NaN.", (int) naive.isNaN().to(DType.F64).sum().item());
        var x = Tensor.randn(lab.rng(2), DType.F32, 1000, 12).mul(2000);
        var p = x.softmax(1);
        lab.shows("softmax-normalization", "largest distance of a sum from 1", Worst.gap(p.sum(1), Tensor.scalar(1)), below(1e-6));
        var masked = x.add(Tensor.full(DType.F32, Double.NEGATIVE_INFINITY, 12)).softmax(1);
        lab.shows("softmax-normalization", "sum over fully masked rows", masked.abs().sum().item(), exactly(0));
        lab.shows("softmax-normalization", "rows that the formula as written loses",
                x.exp().sum(1).isFinite().not().to(DType.F64).sum().item(), above(500));
    }
}
