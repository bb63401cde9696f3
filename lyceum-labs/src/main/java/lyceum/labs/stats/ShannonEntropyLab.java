package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.info.Entropy;
import lyceum.info.EntropyEstimate;
import lyceum.info.HuffmanCode;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Plot;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Entropy of a coin, and a code whose mean length hugs the entropy of its symbols. */
@Lab(topics = "shannon-entropy", title = "Surprise, measured and spent")
final class ShannonEntropyLab implements LabBody {
    @Override public void run(LabContext lab) {
        double heads = lab.param("heads", 0.9, 0.0, 1.0);
        int symbols = lab.param("symbols", 8, 1, 16);
        double skew = lab.param("skew", 1.2, 0.0, 4.0);

        lab.figure(Figure.line("Entropy of a coin", 0, 1, Entropy::binary).axes("probability of heads", "entropy (bits)")
                .verticalLine(heads, "your coin")
                .describedAs("An arch from 0 at certainty over 1 bit for the fair coin; your coin is marked."));
        lab.say("A coin that falls heads with probability %.2f tells %.3f bits a throw.", heads, Entropy.binary(heads));

        double[] weights = zipf(symbols, skew);
        var code = HuffmanCode.of(weights);
        lab.figure(tree(code).describedAs(
                "Frequent symbols hang high and have short codes, rare ones deep down; a left branch is a 0, a right one a 1."));
        lab.table("The code", List.of("symbol", "probability", "surprise (bits)", "code", "length"), rows(code, weights));
        lab.figure(lengths(symbols, skew).describedAs(
                "Mean code length stays on or just above the entropy and never reaches one bit more, from even to very uneven symbols."));
        lab.say("H = %.4f bits, Huffman spends %.4f a symbol.", Entropy.bits(weights), code.meanLength());
        lab.shows("bits a symbol beyond H", code.meanLength() - Entropy.bits(weights), between(-1e-12, 1));

        double[] bias = biases(lab.rng(3));
        lab.figure(Figure
                .bar("Bias of three estimators at 50 samples of 20 symbols", new String[] {"plug-in", "Miller-Madow", "James-Stein"}, bias)
                .axes("estimator", "bias (nats)")
                .describedAs("The plug-in estimate is far too low; the correction takes most of that away, shrinkage nearly all of it."));
        lab.shows("Miller-Madow bias over plug-in bias", Math.abs(bias[1] / bias[0]), below(1.0 / 3));
        double error = EntropyEstimate.nearestNeighbour(Tensor.randn(lab.rng(4), DType.F64, 5000), 3) - Normal.STANDARD.entropy();
        lab.check(5, "nearest-neighbour estimate less the entropy of a Gaussian (nats)", error, between(-0.05, 0.05));
    }

    /** Probabilities proportional to {@code 1 / rank^skew}. */
    private static double[] zipf(int symbols, double skew) {
        var p = new double[symbols];
        double sum = 0;
        for (int i = 0; i < symbols; i++) sum += p[i] = Math.pow(i + 1, -skew);
        for (int i = 0; i < symbols; i++) p[i] /= sum;
        return p;
    }

    private static Figure tree(HuffmanCode code) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        grow(code.root(), "r", nodes, edges);
        return Figure.tree("Huffman's tree", nodes, edges);
    }

    private static void grow(HuffmanCode.Node node, String id, List<Node> nodes, List<Edge> edges) {
        String weight = String.format(Locale.ROOT, "%.2f", node.weight());
        nodes.add(Node.of(id, node.isLeaf() ? (char) ('a' + node.symbol()) + " " + weight : weight));
        if (node.isLeaf()) return;
        edges.add(new Edge(id, id + "0", "0"));
        grow(node.left(), id + "0", nodes, edges);
        edges.add(new Edge(id, id + "1", "1"));
        grow(node.right(), id + "1", nodes, edges);
    }

    private static List<List<Object>> rows(HuffmanCode code, double[] p) {
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < p.length; i++)
            rows.add(List.of(String.valueOf((char) ('a' + i)), p[i], Entropy.surprisal(p[i], 2), code.code(i), code.code(i).length()));
        return rows;
    }

    private static Plot lengths(int symbols, double chosen) {
        return Figure.line("What Huffman's code costs", 0, 4, k -> Entropy.bits(zipf(symbols, k))).named("entropy H")
                .line("mean code length", 0, 4, k -> HuffmanCode.of(zipf(symbols, k)).meanLength())
                .line("H + 1", 0, 4, k -> Entropy.bits(zipf(symbols, k)) + 1).dashed().axes("skew of the symbols", "bits a symbol")
                .verticalLine(chosen, "your skew");
    }

    private static double[] biases(Rng rng) {
        int runs = 2000, outcomes = 20;
        var bias = new double[3];
        for (int r = 0; r < runs; r++) {
            var counts = new long[outcomes];
            for (int i = 0; i < 50; i++) counts[rng.nextInt(outcomes)]++;
            double[] estimates = {EntropyEstimate.plugIn(counts), EntropyEstimate.millerMadow(counts), EntropyEstimate.jamesStein(counts)};
            for (int e = 0; e < 3; e++) bias[e] += (estimates[e] - Math.log(outcomes)) / runs;
        }
        return bias;
    }
}
