package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.ClassificationHead;
import lyceum.nn.ClassificationHead.Config;
import lyceum.nn.ClassificationHead.Problem;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.SoftmaxHead;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** What the last layer of a language model costs and cannot say; then one frozen backbone under three heads. */
@Lab(topics = {"softmax-head", "classification-head"}, title = "The last layer")
final class HeadsLab implements LabBody {

    @Override public void run(LabContext lab) {
        int width = lab.param("width", 6, 2, 12), steps = lab.param("steps", 150, 10, 1000);
        double cap = lab.param("cap", 2.0, 0.5, 30);
        softmax(lab, width, cap);
        heads(lab, steps);
    }

    private static void softmax(LabContext lab, int width, double cap) {
        var head = new SoftmaxHead(width, 80, false, DType.F64, Init.normal(0.7), lab.rng(1));
        var hidden = Tensor.randn(lab.rng(2), DType.F64, 50, width).compute();
        var targets = Tensor.randint(lab.rng(3), 0, 80, 50);
        double naive = Loss.crossEntropy(head.forward(hidden), targets).item(), fused = head.loss(hidden, targets).item();
        double[] plain = spectrum(head, hidden), capped = spectrum(head.capped(cap), hidden);
        lab.figure(Figure.plot("The rank of what can be said").line("without a cap", 1, plain).line("with a soft cap", 1, capped)
                .axes("singular value", "size over the largest").logY().describedAs(
                        "Singular values of the log-probabilities of 50 contexts: without a cap they end after width + 1, with one they go on."));
        lab.table("Logits of 8 x 4,096 positions, F32", List.of("classes", "at once, GB", "in 100 blocks, GB"),
                Arrays.stream(new int[] {32_000, 50_257, 128_256})
                        .mapToObj(v -> List.<Object>of(v, 8 * 4096 * 4e-9 * v, 8 * 4096 * 4e-9 * v / 100)).toList());
        lab.shows("softmax-head", "gap of the fused loss", Math.abs(naive - fused), below(1e-10));
        lab.shows("softmax-head", "rank without a cap", rank(plain), atMost(width + 1));
        lab.shows("softmax-head", "rank with a cap", rank(capped), above(width + 1));
    }

    private static double[] spectrum(SoftmaxHead head, Tensor hidden) {
        double[] s = Svd.values(head.logProbabilities(hidden).detach()).toDoubleArray();
        return Arrays.stream(s).map(v -> Math.max(v / s[0], 1e-17)).toArray();
    }

    private static double rank(double[] spectrum) { return Arrays.stream(spectrum).filter(v -> v > 1e-10).count(); }

    private static void heads(LabContext lab, int steps) {
        var data = Datasets.iris();
        var raw = data.x().to(DType.F32);
        var x = raw.sub(raw.mean(0, true)).div(raw.std(0, true)).compute();
        var backbone = new Sequential(new Linear(4, 24, lab.rng(4)), Activation.TANH);
        backbone.freeze("*");
        double[] before = backbone.forward(x).toDoubleArray();
        var kinds = data.y().oneHot(DType.F32, 3);
        var targets = new Tensor[] {data.y(), kinds, raw.narrow(1, 2, 1).compute()};
        var names = new String[] {"one class", "labels", "petal length"};
        var plot = Figure.plot("One backbone, three heads");
        double worst = 0;
        for (var problem : Problem.values()) {
            int which = problem.ordinal();
            var head = new ClassificationHead(new Config(24, problem == Problem.NUMBERS ? 1 : 3).withProblem(problem), lab.rng(5 + which));
            var model = head.on(backbone);
            var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.05), model.parameters())));
            var losses = new double[steps];
            for (int step = 0; step < steps; step++) {
                optimizer.zeroGrad();
                var loss = head.loss(model.forward(x), targets[which]);
                losses[step] = loss.item();
                loss.backward();
                optimizer.step();
            }
            worst = Math.max(worst, losses[steps - 1] / losses[0]);
            plot = plot.line(names[which], 0, losses);
        }
        lab.figure(plot.axes("step", "loss").logY().describedAs(
                "The losses of a class head, a head of labels and one of a number, trained on the same frozen features of iris."));
        int differ = 0;
        double[] after = backbone.forward(x).toDoubleArray();
        for (int i = 0; i < after.length; i++) if (after[i] != before[i]) differ++;
        lab.shows("classification-head", "features that changed", differ, exactly(0));
        lab.shows("classification-head", "largest loss at the end over its start", worst, below(0.95));
    }
}
