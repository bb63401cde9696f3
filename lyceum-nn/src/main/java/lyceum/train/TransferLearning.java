package lyceum.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.InBatches;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Uses a source network for a classification task with few labels: as fixed features under a linear head, cut where they serve best, unless starting
 * afresh does better. To start from its weights instead, see {@link FineTuner}.
 *
 * {@snippet :
 * var transfer = new TransferLearning(new Trainer(new Adam(0.01), 50), new Trainer(new Adam(1e-3), 30), 5);
 * int cut = transfer.cuts(source, labelled).getFirst().layers();                     // by the evidence of a head on each layer's features
 * var verdict = transfer.check(source, cut, rng -> freshNetwork(rng), labelled, rng);
 * if (!verdict.isNegative()) network = transfer.fit(source, cut, labelled, rng);
 * }
 *
 * @param head how a head is trained on features
 * @param scratch how a fresh network is trained
 * @param folds of the cross-validation that compares the two, at least 2
 * @see <a href="https://doi.org/10.1109/TKDE.2009.191">Pan and Yang (2010): negative transfer</a>
 * @see <a href="https://arxiv.org/abs/1411.1792">Yosinski et al. (2014): where to cut</a>
 */
@Withers
public record TransferLearning(Trainer head, Trainer scratch, int folds) implements TransferLearningWithers {
    public TransferLearning {
        if (folds < 2) throw new IllegalArgumentException("TransferLearning: folds is " + folds + "; it is at least 2");
    }

    /** A place to cut a source network. @param layers how many are kept @param logMe evidence of a linear head on what they give */
    public record Cut(int layers, double logMe) {}

    /**
     * Whether a source helps, by cross-validated accuracies on the labelled examples alone.
     *
     * @param transfer of a head on the frozen source
     * @param scratch of a fresh network
     */
    public record Verdict(double transfer, double scratch) {
        /** True if the source does harm. */
        public boolean isNegative() { return transfer < scratch; }
    }

    /** What the first layers of a source give for inputs, flattened to (n, d), without history. */
    public static Tensor features(Sequential source, int layers, Tensor x) {
        if (layers < 0 || layers > source.layers().size())
            throw new IllegalArgumentException("features: " + layers + " layers of " + source.layers().size());
        var body = new Sequential(source.layers().subList(0, layers));
        return InBatches.of(x, 256, some -> {
            var part = body.forward(some);
            return part.reshape(part.size(0), -1);
        });
    }

    /** Every place to cut the source below its last layer, with its {@link Transferability#logMe}, the best first. */
    public List<Cut> cuts(Sequential source, Dataset labelled) {
        var cuts = new ArrayList<Cut>();
        for (int layers = 1; layers < source.layers().size(); layers++)
            cuts.add(new Cut(layers,
                    Transferability.logMe(features(source, layers, labelled.x()), labelled.y(), labelled.classNames().size())));
        cuts.sort((a, b) -> Double.compare(b.logMe, a.logMe));
        return cuts;
    }

    /** The frozen source up to a cut, and a linear head trained on the labelled examples. */
    public Sequential fit(Sequential source, int layers, Dataset labelled, Rng rng) {
        var body = new Sequential(source.layers().subList(0, layers));
        body.freeze("*");
        var fixed = new Dataset(features(source, layers, labelled.x()), labelled.y(), List.of(), labelled.classNames(),
                labelled.description());
        var scale = fixed.x().square().mean().sqrt().item();
        var top = new Linear(Tensor.zeros(fixed.x().dtype(), labelled.classNames().size(), fixed.x().size(1)),
                Tensor.zeros(fixed.x().dtype(), labelled.classNames().size()));
        var normal = new Dataset(fixed.x().div(Math.max(scale, 1e-12)).compute(), fixed.y(), List.of(), fixed.classNames(),
                fixed.description());
        head.fit(top, Loss::crossEntropy, normal, rng);
        Autograd.noGrad(() -> top.weight().copy_(top.weight().div(Math.max(scale, 1e-12))));
        var layersOf = new ArrayList<>(body.layers());
        layersOf.add(Layer.of(t -> t.reshape(t.size(0), -1)));
        layersOf.add(top);
        return new Sequential(layersOf);
    }

    /** Compares a head on the frozen source with a fresh network, each by cross-validation on the labelled examples. */
    public Verdict check(Sequential source, int layers, Function<Rng, ? extends Module> fresh, Dataset labelled, Rng rng) {
        int n = labelled.size();
        int[] order = rng.split(0).permutation(n);
        double transfer = 0, afresh = 0;
        for (int fold = 0; fold < folds; fold++) {
            int from = (int) ((long) n * fold / folds), to = (int) ((long) n * (fold + 1) / folds);
            var rest = new int[n - (to - from)];
            System.arraycopy(order, 0, rest, 0, from);
            System.arraycopy(order, to, rest, from, n - to);
            var test = rows(labelled, Arrays.copyOfRange(order, from, to));
            var train = rows(labelled, rest);
            var network = fresh.apply(rng.split(100 + fold));
            scratch.fit(network, Loss::crossEntropy, train, rng.split(200 + fold));
            afresh += accuracy(network, test) * (to - from) / n;
            transfer += accuracy(fit(source, layers, train, rng.split(200 + fold)), test) * (to - from) / n;
        }
        return new Verdict(transfer, afresh);
    }

    private static Dataset rows(Dataset data, int[] rows) {
        return new Dataset(data.x().rows(rows).compute(), data.y().rows(rows).compute(), List.of(), data.classNames(), data.description());
    }

    /** Share of a dataset's rows whose largest output is their label. */
    public static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> {
            try (var scope = Scope.open("accuracy")) {
                return model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item();
            }
        });
    }
}
