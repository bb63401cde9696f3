package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.SinusoidalPositions;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerEncoder;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.peft.RepresentationTuning;

/** A half-trained model adds three numbers modulo a small one; where its answer comes from, and what edits there do. */
@Lab(topics = "crft", title = "Where to push")
final class CriticalStatesLab implements LabBody {
    private static final String[] TOKENS = {"a", "+", "b", "+", "c", "="};

    @Override public void run(LabContext lab) {
        int modulus = lab.param("modulus", 5, 3, 9), steps = lab.param("steps of the base", 60, 10, 600),
                count = lab.param("edited states", 3, 1, 12);
        int rank = lab.param("rank", 2, 1, 8), editing = lab.param("steps of the edits", 60, 10, 400);
        int all = modulus * modulus * modulus, known = all * 7 / 10;
        int[] order = lab.rng(1).permutation(all);
        var x = Tensor.of(IntStream.of(order)
                .flatMap(i -> IntStream.of(i / (modulus * modulus), modulus, i / modulus % modulus, modulus, i % modulus, modulus + 1))
                .toArray()).reshape(all, 6);
        var y = Tensor.of(
                IntStream.of(order).mapToLong(i -> (i / (modulus * modulus) + i / modulus % modulus + i % modulus) % modulus).toArray());
        Tensor train = x.narrow(0, 0, known), test = x.narrow(0, known, all - known), right = y.narrow(0, 0, known),
                held = y.narrow(0, known, all - known);
        var encoder = new TransformerEncoder(TransformerConfig.original(32, 4, 64).withPlacement(TransformerConfig.Placement.PRE).causal(),
                3, lab.rng(2));
        var model = new Sequential(new Embedding(modulus + 2, 32, lab.rng(3)), new SinusoidalPositions(32, 10_000, true, 1, 0), encoder,
                new Linear(32, modulus, lab.rng(4)));
        var optimizer = new Adam(3e-3).over(model.parameters());
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                Loss.crossEntropy(last(model.forward(train)), right).backward();
                optimizer.step();
                optimizer.zeroGrad();
            }
        }
        double base = accuracy(model.forward(test), held);
        var flow = RepresentationTuning.Flow.of(model, "2.layers.?.attention", logits -> last(logits).logSoftmax(1).max(1, false).sum());
        var mean = flow.scores(test).mean(1, false);
        lab.figure(Figure
                .heatmap("Flow of information: attention times its gradient", mean, new String[] {"layer 1", "layer 2", "layer 3"}, TOKENS)
                .axes("token", "layer")
                .describedAs("What reaches the answer: in the last layer only the last position matters; below, the numbers do."));
        String[] ways = {"base", "critical", "random", "last token"};
        var reached = new double[] {base, 0, 0, 0};
        for (int way = 1; way < 4; way++) {
            Tensor there = places(way, flow, train, count, lab), elsewhere = places(way, flow, test, count, lab);
            var tuning = RepresentationTuning.attach(model, "2.layers.?", rank, lab.rng(5));
            var before = model.forward(test).compute();
            if (way == 1) lab.shows("gap of logits before any step",
                    tuning.at(elsewhere, () -> model.forward(test)).sub(before).abs().max().item(), below(1e-5));
            var edits = new Adam(0.01).over(tuning.parameters());
            for (int step = 0; step < editing; step++) {
                try (var scope = Scope.open("step")) {
                    edits.zeroGrad();
                    Loss.crossEntropy(last(tuning.at(there, () -> model.forward(train))), right).backward();
                    edits.step();
                    edits.zeroGrad();
                }
            }
            reached[way] = accuracy(tuning.at(elsewhere, () -> model.forward(test)), held);
            if (way == 1) lab.say("%d numbers are trained beside %d frozen ones.", tuning.parameterCount(),
                    model.state().values().stream().mapToLong(Tensor::count).sum());
            tuning.detach();
        }
        lab.figure(Figure.bar("Held-out accuracy by where the edits stand", ways, reached).axes("edited states", "accuracy")
                .describedAs("The same number of edited states and steps; the last token is edited in every layer."));
    }

    private static Tensor places(int way, RepresentationTuning.Flow flow, Tensor x, int count, LabContext lab) {
        if (way == 1) return flow.critical(x, count);
        if (way == 2) return RepresentationTuning.top(Tensor.rand(lab.rng(6), 3, x.size(0), 6).compute(), count);
        return Tensor.concat(2, Tensor.zeros(3, x.size(0), 5), Tensor.ones(3, x.size(0), 1)).compute();
    }

    private static Tensor last(Tensor logits) { return logits.select(1, 5); }

    private static double accuracy(Tensor logits, Tensor y) {
        return Autograd.noGrad(() -> last(logits).argmax(1).eq(y).to(DType.F64).mean().item());
    }
}
