package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.Arrays;
import java.util.List;
import lyceum.info.ArithmeticCoder;
import lyceum.info.CrossEntropies;
import lyceum.info.Divergences;
import lyceum.info.Entropy;
import lyceum.info.HuffmanCode;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.prob.Categorical;

/** A weather telegraph: what the sky costs to report, and what a wrong idea of it adds. */
@Lab(topics = "entropy-crossentropy-kl", title = "Paying for the wrong code")
final class CodeLengthLab implements LabBody {
    private static final String[] SKY = {"sun", "rain", "snow"};

    @Override public void run(LabContext lab) {
        double sun = lab.param("true share of sun", 0.5, 0.05, 0.9), rain = lab.param("of the other days, rain", 0.5, 0.05, 0.95);
        double guess = lab.param("the model's sun", 0.25, 0.02, 0.95),
                guessRain = lab.param("the model's rain among the others", 0.33, 0.02, 0.98);
        int days = lab.param("days", 20_000, 100, 100_000);
        double[] p = {sun, (1 - sun) * rain, (1 - sun) * (1 - rain)}, q = {guess, (1 - guess) * guessRain, (1 - guess) * (1 - guessRain)};
        var split = CrossEntropies.split(p, q, 2);
        double entropy = split.entropy(), total = CrossEntropies.of(p, q, 2);

        var sky = new Categorical(p).alias();
        var rng = lab.rng(1);
        var message = new int[days];
        for (int i = 0; i < days; i++) message[i] = sky.sample(rng);
        double own = sent(p, message), wrong = sent(q, message);
        int[] lengths = HuffmanCode.of(q).lengths();
        double whole = 0;
        for (int i = 0; i < 3; i++) whole += p[i] * lengths[i];
        String[] codes = {"H(p)", "sent by p", "H(p, q)", "sent by q", "Huffman for p", "Huffman for q"};
        double[] costs = {entropy, own, total, wrong, HuffmanCode.of(p).meanLength(), whole}, rest = new double[6], base = new double[6];
        for (int i = 0; i < 6; i++) {
            base[i] = Math.min(entropy, costs[i]);
            rest[i] = costs[i] - base[i];
        }
        lab.figure(Figure.bars("Bits a day", codes, Series.of("irreducible", base), Series.of("mismatch and rounding", rest)).stacked()
                .axes("code", "bits a day").describedAs(
                        "Every bar stands on the same entropy; a code for another sky adds the divergence on top, whole bits add some more."));
        lab.say("H(p) = %.4f bits, KL(p || q) = %.4f, together %.4f. Arithmetic coding by q sent %.4f bits a day.", entropy,
                split.divergence(), total, wrong);

        double[] shares = new double[99], cross = new double[99], floor = new double[99], reverse = new double[99];
        for (int i = 0; i < 99; i++) {
            shares[i] = (i + 1) / 100.0;
            double[] model = {shares[i], (1 - shares[i]) * rain, (1 - shares[i]) * (1 - rain)};
            cross[i] = CrossEntropies.of(p, model, 2);
            reverse[i] = entropy + Divergences.kl(model, p) / Math.log(2);
            floor[i] = entropy;
        }
        lab.figure(Figure.plot("A model that moves sun alone").line("H(p, q)", shares, cross).line("H(p)", shares, floor).dashed()
                .line("H(p) + KL(q || p)", shares, reverse).verticalLine(sun, "truth").axes("the model's sun", "bits a day").describedAs(
                        "Cross-entropy touches the entropy only where the model is right; the divergence the other way round is another curve."));
        var rows = new Object[3][];
        for (int i = 0; i < 3; i++)
            rows[i] = new Object[] {SKY[i], p[i], Entropy.surprisal(p[i], 2), q[i], Entropy.surprisal(q[i], 2), HuffmanCode.of(q).code(i)};
        lab.table("The words", List.of("word", "p", "bits by p", "q", "bits by q", "Huffman for q"),
                Arrays.stream(rows).map(Arrays::asList).toList());

        lab.shows("H(p, q) less H(p) and KL(p || q)", Math.abs(total - entropy - split.divergence()), below(1e-12));
        lab.shows("bits of Huffman's code for p beyond H(p)", HuffmanCode.of(p).meanLength() - entropy, between(-1e-12, 1));
        lab.shows("bits sent by q over those of a perfect code for q", wrong * days / new ArithmeticCoder(q).idealBits(message),
                below(1.05));
    }

    private static double sent(double[] model, int[] message) {
        return (double) new ArithmeticCoder(model).encode(message).bits() / message.length;
    }
}
