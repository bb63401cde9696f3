package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adafactor;
import lyceum.optim.AdamW;
import lyceum.optim.Lion;
import lyceum.optim.Minibatches;
import lyceum.optim.Optimizer;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** Three optimisers read digits: one remembers two numbers a weight, one a single number, one a number a row and a column. */
@Lab(topics = {"lion", "adafactor"}, title = "Optimisers that remember less")
final class SmallStateLab implements LabBody {

    @Override public void run(LabContext lab) {
        int hidden = lab.param("hidden", 256, 16, 1024), epochs = lab.param("epochs", 4, 1, 30);
        double lionRate = lab.param("lionRate", 6e-4, 1e-5, 1e-2);
        var all = Datasets.digits().flat();
        var x = all.x().to(DType.F32).div(16).compute();
        var names = List.of("AdamW", "Lion", "Adafactor");
        var rules = List.<UpdateRule>of(new AdamW(3e-3), new Lion(lionRate), new Adafactor(0.03));
        var losses = Figure.plot("Loss on the digits");
        var rows = new ArrayList<List<?>>();
        var bytes = new long[3];
        for (int i : lab.progress("optimisers", 3)) {
            var network = new Mlp(MlpConfig.classifier(64, 10, hidden), lab.rng(1));
            var optimizer = rules.get(i).over(network.parameters());
            var history = new Minibatches(all.size(), 64).withLast(Minibatches.Last.DROP).run(optimizer,
                    batch -> new CrossEntropy().of(network.forward(x.rows(batch)), all.y().rows(batch)), epochs, lab.rng(2));
            bytes[i] = bytes(optimizer);
            losses = losses.line(names.get(i), 0, history.losses());
            rows.add(List.of(names.get(i), network.parameterCount(), bytes[i], history.losses()[history.steps() - 1]));
        }
        lab.figure(losses.axes("step", "loss of a batch of 64").logY().describedAs(
                "AdamW and Adafactor bring the loss down at one pace, Lion, whose steps are smaller, more slowly. Beside AdamW, Lion keeps half between steps and Adafactor a few per cent."));
        lab.table("What is remembered", List.of("optimiser", "weights", "bytes of state", "last loss"), rows);
        lab.say("AdamW keeps %,d bytes, Lion %,d, Adafactor %,d.", bytes[0], bytes[1], bytes[2]);
        lab.figure(Figure.row("The tenth update of 2,000 weights with noisy gradients", updates(lab, "Lion", new Lion(lionRate)),
                updates(lab, "AdamW", new AdamW(lionRate)))
                .describedAs("Every update of Lion has one length, so that the histogram is two spikes; AdamW's spread between them."));
        lab.shows("lion", "Lion's bytes over AdamW's", (double) bytes[1] / bytes[0], exactly(0.5));
        lab.shows("adafactor", "Adafactor's bytes over AdamW's", (double) bytes[2] / bytes[0], below(0.05));
        lab.shows("lion", "largest gap of an update's size to the rate, relative", spread(lab, lionRate), atMost(1e-6));
    }

    private static long bytes(Optimizer optimizer) {
        return optimizer.state().tensors().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
    }

    private static Figure updates(LabContext lab, String name, UpdateRule rule) {
        return Figure.histogram(name, update(lab, rule), 41).axes("update of a weight", "weights")
                .describedAs("Sizes of the tenth update.");
    }

    /** The tenth update from noise with a drift. */
    private static double[] update(LabContext lab, UpdateRule rule) {
        var rng = lab.rng(3);
        var w = Tensor.zeros(DType.F64, 2_000).copy().requiresGrad();
        var optimizer = rule.over(w);
        var drift = Tensor.randn(rng, DType.F64, 2_000).compute();
        var before = w.detach().copy();
        for (int t = 0; t < 10; t++) {
            before = w.detach().copy();
            optimizer.step(Tensor.randn(rng, DType.F64, 2_000).add(drift));
        }
        return w.detach().sub(before).toDoubleArray();
    }

    private static double spread(LabContext lab, double rate) {
        double worst = 0;
        for (double move : update(lab, new Lion(rate))) worst = Math.max(worst, Math.abs(Math.abs(move) / rate - 1));
        return worst;
    }
}
