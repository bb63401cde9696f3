package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.info.ArithmeticCoder;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Loss;
import lyceum.nn.loss.Reduction;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** The bits that a wrong model costs: first as bars, then as the length of a file that is coded and decoded again. */
@Lab(topics = "cross-entropy", title = "A wrong model makes a longer file")
final class CrossEntropyLab implements LabBody {
    private static final int BYTES = 256;

    @Override public void run(LabContext lab) {
        double error = lab.param("error", 1.0, 0.0, 4.0);
        int length = lab.param("symbols", 10_000, 1000, 40_000);
        bars(lab, error);
        file(lab, length);
        claims(lab);
    }

    /** Eight outcomes, a model whose logits are off by {@code error}, and what each outcome pays too much. */
    private static void bars(LabContext lab, double error) {
        String[] names = {"a", "b", "c", "d", "e", "f", "g", "h"};
        var logits = Tensor.randn(lab.rng(1), DType.F64, 8).mul(1.2);
        Tensor p = logits.softmax(0), q = logits.add(Tensor.randn(lab.rng(2), DType.F64, 8).mul(error)).softmax(0);
        var extra = p.log().sub(q.log()).mul(p).div(Math.log(2));
        double h = Loss.crossEntropyOf(p, p, 0).item() / Math.log(2), cross = Loss.crossEntropyOf(p, q, 0).item() / Math.log(2);
        lab.figure(Figure.row("The truth, the model, and the bill",
                Figure.bars("Probabilities", names, Series.of("truth p", p.toDoubleArray()), Series.of("model q", q.toDoubleArray())).axes("outcome", "probability"),
                Figure.bar("Extra bits, p log2(p/q)", names, extra.toDoubleArray()).axes("outcome", "bits a symbol"))
                .describedAs("Where the model gives an outcome less than the truth, its bar on the right is above zero: bits paid too much; where it gives more, some come back, but never all."));
        lab.say("A symbol holds %.3f bits; this model spends %.3f on it, %.3f too many.", h, cross, cross - h);
    }

    /** Articles of this encyclopedia, coded by models learned from other articles of it. */
    private static void file(LabContext lab, int length) {
        int[] text = Arrays.copyOf(read("cross-entropy", "sigmoid", "tanh", "relu", "mse", "multilayer-perceptron", "adam", "sgd", "ridge", "lasso", "ols", "qr", "svd", "pca", "k-means", "knn",
                "softmax", "eigen", "cholesky", "chain-rule", "accuracy", "recall", "precision"), length);
        int[] other = read("roc-auc", "f1-score", "k-fold", "bias-variance", "decision-tree", "naive-bayes", "perceptron", "logistic-regression", "gradient-descent", "backpropagation", "minibatch-gd");
        var single = new double[BYTES];
        var pairs = new double[BYTES][BYTES];
        for (int i = 0; i < other.length; i++) {
            single[other[i]]++;
            if (i > 0) pairs[other[i - 1]][other[i]]++;
        }
        for (int i = 0; i < BYTES; i++) single[i] += 0.02;
        double[] sums = Arrays.stream(pairs).mapToDouble(row -> Arrays.stream(row).sum()).toArray(), flat = new double[BYTES], digits = new double[BYTES];
        double all = Arrays.stream(single).sum();
        for (int a = 0; a < BYTES; a++) for (int b = 0; b < BYTES; b++) pairs[a][b] = (pairs[a][b] + 4 * single[b] / all) / (sums[a] + 4);
        Arrays.fill(flat, 1);
        for (int i = 0; i < BYTES; i++) digits[i] = i >= '0' && i <= '9' ? 40 : 0.3; // a code for tables of numbers

        var names = new String[] {"made for numbers", "all bytes alike", "letter frequencies", "letter after letter"};
        var coders = List.of(new ArithmeticCoder(digits), new ArithmeticCoder(flat), new ArithmeticCoder(single), new ArithmeticCoder((seen, at) -> at == 0 ? single : pairs[seen[at - 1]]));
        var rows = new ArrayList<List<?>>();
        var sizes = new double[names.length];
        double off = 0;
        boolean same = true;
        for (int m : lab.progress("models", names.length)) {
            var message = coders.get(m).encode(text);
            double ideal = coders.get(m).idealBits(text);
            same &= Arrays.equals(coders.get(m).decode(message, length), text);
            off = Math.max(off, Math.abs(message.bits() - ideal));
            sizes[m] = message.bytes().length;
            rows.add(List.of(names[m], message.bytes().length, (double) message.bits() / length, ideal / length));
        }
        lab.figure(Figure.bar("One text, four models", names, sizes).axes("model of what comes next", "coded length (bytes)")
                .describedAs("The same " + length + " bytes of text take most room in a code made for numbers, less in one that treats all bytes alike, and the better the model of English the less."));
        lab.table(length + " bytes of this encyclopedia, coded", List.of("model", "bytes", "bits a byte", "cross-entropy (bits a byte)"), rows);
        lab.check(5, "coded bits beside the summed -log2 q", off, atMost(32));
        lab.check(5, "every message decodes to the text", same);
        lab.shows("bytes saved by the best model over the worst", sizes[0] - sizes[3], atLeast(1));
    }

    private static int[] read(String... slugs) {
        var bytes = new java.io.ByteArrayOutputStream();
        for (var slug : slugs) {
            try (var in = CrossEntropyLab.class.getResourceAsStream("/topics/" + slug + ".md")) {
                in.transferTo(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        byte[] all = bytes.toByteArray();
        var symbols = new int[all.length];
        for (int i = 0; i < all.length; i++) symbols[i] = all[i] & 0xff;
        return symbols;
    }

    private static void claims(LabContext lab) {
        Tensor p = Tensor.randn(lab.rng(3), DType.F64, 1000, 10).softmax(1), q = Tensor.randn(lab.rng(4), DType.F64, 1000, 10).mul(2).softmax(1);
        var divergence = p.mul(p.log().sub(q.log())).sum(1);
        lab.shows("H(p, q) against H(p) + KL(p||q), 1,000 pairs", Loss.crossEntropyOf(p, q, 1).sub(Loss.crossEntropyOf(p, p, 1)).sub(divergence).abs().max().item(), below(1e-12));
        var logits = Tensor.randn(lab.rng(5), DType.F64, 100, 10).mul(3);
        var classes = Tensor.randint(lab.rng(6), 0, 10, 100);
        var gradient = Autograd.grad(z -> new CrossEntropy().withReduction(Reduction.SUM).of(z, classes)).apply(logits);
        lab.check(2, "gradient against softmax minus target", gradient.sub(logits.softmax(1)).add(classes.oneHot(DType.F64, 10)).abs().max().item(), below(1e-7));
        double far = Loss.crossEntropy(Tensor.of(new double[][] {{1e4, -1e4, 0}}), Tensor.of(1L)).item();
        lab.check(3, "loss at logits of 1e4 and -1e4, less 20,000", Math.abs(far - 2e4), below(1e-9));
    }
}
