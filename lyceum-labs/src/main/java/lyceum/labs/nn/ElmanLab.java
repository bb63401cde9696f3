package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.ElmanStreams;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.HierarchicalClustering;
import lyceum.learn.cluster.Linkage;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** The experiments of 1990: a network that predicts what comes next finds syllables and word classes that nobody told it of. */
@Lab(topics = "elman-rnn", title = "Finding structure in time")
final class ElmanLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("hidden units", 20, 5, 100), updates = lab.param("updates", 250, 20, 2000);
        boolean full = lab.flag("gradients through the context", false);
        letters(lab, units, updates, full);
        words(lab, units, updates, full);
    }

    private static void letters(LabContext lab, int units, int updates, boolean full) {
        var rnn = Rnn.elman(new RnnConfig(6, units), Activation.SIGMOID, full, lab.rng(1));
        var head = new Linear(units, 6, lab.rng(2));
        train(lab, rnn, head, updates, i -> {
            var text = ElmanStreams.letters(lab.rng(1000 + i), 8 * 16);
            int n = text.length() / 8;
            var x = ElmanStreams.features(text.substring(0, 8 * n)).reshape(8, n, 6);
            return Loss.mse(head.forward(rnn.forward(x.narrow(1, 0, n - 1))).sigmoid(), x.narrow(1, 1, n - 1));
        });
        var text = ElmanStreams.letters(lab.rng(3), 30);
        var x = ElmanStreams.features(text).unsqueeze(0);
        int n = text.length() - 1;
        double[] error = Autograd.noGrad(() -> head.forward(rnn.forward(x.narrow(1, 0, n))).sigmoid().sub(x.narrow(1, 1, n)).square()
                .mean(2).flatten().toDoubleArray());
        var consonants = new ArrayList<Double>();
        var vowels = new ArrayList<Double>();
        for (int t = 0; t < n; t++) ("bdg".indexOf(text.charAt(t + 1)) >= 0 ? consonants : vowels).add(error[t]);
        lab.figure(Figure.line("Error at each letter of " + text.substring(1, 17) + "...", 1, error)
                .axes("letter", "mean squared error of the six features").describedAs(
                        "High where a syllable begins, for its consonant is drawn at random, and low at the vowels that follow from it: the dips mark the syllables."));
        double ratio = mean(consonants) / mean(vowels);
        lab.say("A consonant costs %.1f times what a vowel costs.", ratio);
        lab.shows("error at consonants over that at vowels", ratio, above(1.5));
    }

    private static double mean(ArrayList<Double> values) { return values.stream().mapToDouble(v -> v).average().orElseThrow(); }

    private static void words(LabContext lab, int units, int updates, boolean full) {
        var words = ElmanStreams.words();
        int n = words.size();
        var rnn = Rnn.elman(new RnnConfig(n, units), Activation.SIGMOID, full, lab.rng(4));
        var head = new Linear(units, n, lab.rng(5));
        train(lab, rnn, head, updates, i -> {
            var stream = ElmanStreams.sentences(lab.rng(5000 + i), 8 * 12);
            int steps = stream.length / 8;
            var codes = Tensor.of(stream).narrow(0, 0, 8L * steps).reshape(8, steps);
            return Loss.crossEntropy(head.forward(rnn.forward(codes.narrow(1, 0, steps - 1).oneHot(DType.F32, n))).reshape(-1, n),
                    codes.narrow(1, 1, steps - 1).flatten());
        });
        var stream = Tensor.of(ElmanStreams.sentences(lab.rng(6), 1500));
        var means = rnn.forward(stream.oneHot(DType.F32, n).unsqueeze(0)).get(0).detach().to(DType.F64).segmentMean(stream, n);
        var tree = new HierarchicalClustering(3, Linkage.WARD).fit(means);
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int w = 0; w < n; w++) nodes.add(new Node("c" + w, words.get(w), w < ElmanStreams.nouns() ? "noun" : "verb"));
        for (int j = 0; j < n - 1; j++) {
            nodes.add(new Node("c" + (n + j), "", "join"));
            edges.add(new Edge("c" + (n + j), "c" + tree.left()[j], ""));
            edges.add(new Edge("c" + (n + j), "c" + tree.right()[j], ""));
        }
        lab.figure(Figure.tree("Words clustered by their mean hidden state", nodes, edges).axes("", "").describedAs(
                "Ward's linkage of the mean states of all occurrences: subjects, objects and verbs part near the root, though the inputs were one-hot and carried no likeness at all."));
        int[] cut = tree.labels().toIntArray();
        var counts = new int[3][2];
        for (int w = 0; w < n; w++) counts[cut[w]][w < ElmanStreams.nouns() ? 0 : 1]++;
        int right = 0;
        for (int[] count : counts) right += Math.max(count[0], count[1]);
        double purity = right / (double) n;
        lab.say("Cut in three, %.0f%% of the words are among their own kind.", 100 * purity);
        lab.shows("purity of the three clusters", purity, atLeast(0.6));
    }

    private interface UpdateLoss {
        Tensor at(int update);
    }

    private static void train(LabContext lab, Rnn rnn, Linear head, int updates, UpdateLoss loss) {
        var parameters = new LinkedHashMap<>(rnn.parameters());
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(0.01).over(parameters);
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                loss.at(i).backward();
                optimizer.step();
            }
        }
    }
}
