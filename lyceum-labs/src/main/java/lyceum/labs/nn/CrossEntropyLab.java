package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.info.ArithmeticCoder;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.nn.loss.Loss;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The bits that a wrong model costs: first as bars, then as the length of a file that is coded and decoded again. */
@Lab(topics = "cross-entropy", title = "A wrong model makes a longer file")
final class CrossEntropyLab implements LabBody {
    private static final int LETTERS = 16;

    @Override public void run(LabContext lab) {
        double error = lab.param("error", 1.0, 0.0, 4.0);
        int length = lab.param("symbols", 10_000, 1000, 40_000);
        bars(lab, error);
        file(lab, length);
    }

    /** Eight outcomes, a model whose logits are off by {@code error}, and what each outcome pays too much. */
    private static void bars(LabContext lab, double error) {
        String[] names = {"a", "b", "c", "d", "e", "f", "g", "h"};
        var logits = Tensor.randn(lab.rng(1), DType.F64, 8).mul(1.2);
        Tensor p = logits.softmax(0), q = logits.add(Tensor.randn(lab.rng(2), DType.F64, 8).mul(error)).softmax(0);
        var extra = p.log().sub(q.log()).mul(p).div(Math.log(2));
        double h = Loss.crossEntropyOf(p, p, 0).item() / Math.log(2), cross = Loss.crossEntropyOf(p, q, 0).item() / Math.log(2);
        lab.figure(Figure
                .row("The truth, the model, and the bill",
                        Figure.bars("Probabilities", names, Series.of("truth p", p), Series.of("model q", q)).axes("outcome",
                                "probability"),
                        Figure.bar("Extra bits, p log2(p/q)", names, extra).axes("outcome", "bits a symbol"))
                .describedAs(
                        "Where the model gives an outcome less than the truth, its bar on the right is above zero: bits paid too much; where it gives more, some come back, but never all."));
        lab.say("A symbol holds %.3f bits; this model spends %.3f on it, %.3f too many.", h, cross, cross - h);
    }

    /** A language of sixteen letters in which each letter has its favourites to follow, coded by models that know more and more of it. */
    private static void file(LabContext lab, int length) {
        var language = Tensor.randn(lab.rng(3), DType.F64, LETTERS, LETTERS).mul(1.5).softmax(1).toRows();
        int[] text = speak(language, length, lab.rng(4)), sample = speak(language, 20_000, lab.rng(5));
        double[] alike = new double[LETTERS], single = new double[LETTERS];
        var pairs = new double[LETTERS][LETTERS];
        Arrays.fill(alike, 1);
        for (int i = 1; i < sample.length; i++) {
            single[sample[i]]++;
            pairs[sample[i - 1]][sample[i]]++;
        }
        for (int a = 0; a < LETTERS; a++) for (int b = 0; b < LETTERS; b++) pairs[a][b] += 1; // nothing is impossible

        var names = new String[] {"a letter is a byte", "all letters alike", "letter frequencies", "letter after letter"};
        var byteLike = new double[256];
        Arrays.fill(byteLike, 1);
        var coders = List.of(new ArithmeticCoder(byteLike), new ArithmeticCoder(alike), new ArithmeticCoder(single),
                new ArithmeticCoder((seen, at) -> at == 0 ? alike : pairs[seen[at - 1]]));
        var rows = new ArrayList<List<?>>();
        var sizes = new double[names.length];
        var off = new Worst();
        boolean same = true;
        for (int m : lab.progress("models", names.length)) {
            var message = coders.get(m).encode(text);
            double ideal = coders.get(m).idealBits(text);
            same &= Arrays.equals(coders.get(m).decode(message, length), text);
            off.see(Math.abs(message.bits() - ideal));
            sizes[m] = message.bytes().length;
            rows.add(List.of(names[m], message.bytes().length, (double) message.bits() / length, ideal / length));
        }
        lab.figure(Figure.bar("One text, four models", names, sizes).axes("model of what comes next", "coded length (bytes)")
                .describedAs("The same " + length
                        + " letters take most room where each is a byte, half of that where sixteen letters are alike, and the less the more a model knows of the language."));
        lab.table(length + " letters, coded", List.of("model", "bytes", "bits a letter", "cross-entropy (bits a letter)"), rows);
        lab.check(5, "coded bits beside the summed -log2 q", off.value(), atMost(32));
        lab.check(5, "every message decodes to the text", same);
        lab.shows("bytes saved by the best model over the worst", sizes[0] - sizes[3], atLeast(1));
    }

    private static int[] speak(double[][] language, int length, Rng rng) {
        var text = new int[length];
        for (int i = 1; i < length; i++) {
            double u = rng.nextDouble();
            while (text[i] < LETTERS - 1 && (u -= language[text[i - 1]][text[i]]) > 0) text[i]++;
        }
        return text;
    }
}
