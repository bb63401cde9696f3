package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.FineTuner;
import lyceum.train.Trainer;
import lyceum.train.TrainingMemory;
import lyceum.train.peft.AdapterRegistry;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;

/** How much of a needed change fits into a low rank, what full tuning costs beside it, and eight small changes served in one batch. */
@Lab(topics = {"lora", "lora-adapter", "full-fine-tune"}, title = "A change of low rank")
final class LoraLab implements LabBody {
    private static final int INPUTS = 12, OUTPUTS = 10, ROWS = 48;

    @Override public void run(LabContext lab) {
        double ratio = lab.param("ratio of singular values", 1.4, 1.2, 3.0);
        int steps = lab.param("steps", 400, 50, 2000), personalities = lab.param("personalities", 8, 2, 16);
        spectrum(lab, ratio, steps);
        memory(lab);
        batch(lab, personalities);
    }

    private static void spectrum(LabContext lab, double ratio, int steps) {
        var x = Qr.of(Tensor.randn(lab.rng(1), DType.F64, ROWS, INPUTS)).q().mul(Math.sqrt(ROWS)).compute();
        Tensor u = Qr.of(Tensor.randn(lab.rng(2), DType.F64, OUTPUTS, OUTPUTS)).q(),
                v = Qr.of(Tensor.randn(lab.rng(3), DType.F64, INPUTS, OUTPUTS)).q();
        var sigma = new double[OUTPUTS];
        for (int i = 0; i < OUTPUTS; i++) sigma[i] = 2 * Math.pow(ratio, -i);
        var shift = u.mul(Tensor.of(sigma)).matmul(v.transpose()).compute();
        var base = Module.to(new Linear(INPUTS, OUTPUTS, false, DType.F32, Init.torchLinear(INPUTS), lab.rng(4)), DType.F64);
        var target = Autograd.noGrad(() -> base.forward(x).add(x.matmul(shift.transpose())).compute());
        int[] ranks = {1, 2, 4, 8};
        double[] floor = new double[4], tail = new double[4], at = {1, 2, 4, 8};
        var plot = Figure.plot("What is needed, and what each rank learned").line("needed", 1, sigma);
        for (int i = 0; i < ranks.length; i++) {
            var layer = Module.copy(base);
            var tuning = Peft.of(layer, new Lora(ranks[i], ranks[i]), "shift", lab.rng(5));
            floor[i] = trained(layer, x, target, steps, lab);
            for (int k = ranks[i]; k < OUTPUTS; k++) tail[i] += sigma[k] * sigma[k];
            tuning.merge();
            var learned = layer.weight().detach().sub(base.weight().detach());
            plot = plot.line("rank " + ranks[i], 1, Svd.values(learned));
        }
        lab.figure(plot.axes("number of the singular value", "singular value")
                .describedAs("Each rank takes the largest directions of the change and leaves the others at zero."));
        double full = trained(Module.copy(base), x, target, steps, lab);
        lab.figure(Figure.plot("Where the loss settles").line("LoRA", at, floor).line("sum of the squares left out", at, tail).dashed()
                .axes("rank", "residual").describedAs("With whitened inputs the floor is the Eckart-Young tail; full tuning has none."));
        lab.say("Full tuning reaches %.1e; rank 2 cannot go below %.3f and stands at %.3f.", full, tail[1], floor[1]);
        lab.shows("lora", "residual at rank 2 over the tail sum", floor[1] / tail[1], below(1.05));
        lab.shows("full-fine-tune", "residual of full tuning", full, below(1e-4));
    }

    private static double trained(Linear layer, Tensor x, Tensor target, int steps, LabContext lab) {
        BatchLoss loss = (rows, pass) -> layer.forward(x, pass).sub(target).square().sum().div(ROWS);
        var trainer = new Trainer(new Adam(0.04), steps).withBatchSize(ROWS).withSchedule(new Schedule.Cosine(steps));
        FineTuner.full(trainer).start(layer, ROWS, loss, null, lab.rng(6)).finish(lab.progress());
        return Autograd.noGrad(() -> layer.forward(x).sub(target).square().sum().item() / ROWS);
    }

    private static void memory(LabContext lab) {
        String[] ways = {"full, F32", "full, BF16", "rank 8, F32", "rank 8, BF16"};
        var kinds = new double[4][4];
        for (int i = 0; i < 4; i++) {
            var model = new Sequential(new Linear(256, 512, lab.rng(7)), Activation.GELU, new Linear(512, 256, lab.rng(8)));
            if (i >= 2) Peft.of(model, new Lora(8, 16), "a", lab.rng(9));
            var plan = TrainingMemory.of(model, new AdamW(1e-3), i % 2 == 0 ? DType.F32 : DType.BF16);
            if (i == 0) lab.say("Full tuning in F32: %s.", plan);
            long[] parts = plan.parts().values().stream().mapToLong(Long::longValue).toArray();
            for (int k = 0; k < 4; k++) kinds[k][i] = parts[k] / 1e6;
            if (i < 2)
                lab.shows("full-fine-tune", "bytes a parameter, " + ways[i], (double) plan.states() / model.parameterCount(), exactly(16));
        }
        lab.figure(Figure
                .bars("States of a step", ways, Series.of("weights", kinds[0]), Series.of("gradients", kinds[1]),
                        Series.of("master weights", kinds[2]), Series.of("optimiser", kinds[3]))
                .axes("way", "megabytes").describedAs("Mixed precision moves bytes about; a low rank saves all but the weights."));
    }

    private static void batch(LabContext lab, int personalities) {
        var model = new Sequential(new Linear(64, 64, lab.rng(10)), Activation.TANH, new Linear(64, 2, lab.rng(11)));
        long base = model.parameterCount() * 4;
        var registry = new AdapterRegistry(model);
        var names = new ArrayList<String>();
        long each = 0;
        for (int i = 0; i < personalities; i++) {
            var tuning = Peft.of(model, new Lora(2, 4), "p" + i, lab.rng(20 + i));
            var rng = lab.rng(40 + i);
            Autograd.noGrad(
                    () -> tuning.parameters().values().forEach(t -> t.add_(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.3))));
            each = tuning.parameterCount() * 4;
            registry.add(tuning);
            names.add("p" + i);
        }
        names.add("");
        var one = Tensor.randn(lab.rng(12), 1, 64).compute();
        var x = one.expand(names.size(), 64).contiguous().compute();
        var y = registry.mixing(names, () -> model.forward(x).compute());
        var labels = names.stream().map(n -> n.isEmpty() ? "base" : n).toArray(String[]::new);
        lab.figure(Figure
                .bars("One input, one batch, each row its own adapter", labels, Series.of("first output", y.select(1, 0).toDoubleArray()),
                        Series.of("second output", y.select(1, 1).toDoubleArray()))
                .axes("adapter of the row", "output").describedAs("All rows are the same input; only the low-rank update differs."));
        double gap = 0;
        for (int i = 0; i < names.size(); i++) {
            registry.use(names.get(i));
            gap = Math.max(gap, model.forward(one).sub(y.rows(i)).abs().max().item());
        }
        lab.table("Sizes", List.of("what", "bytes"),
                List.of(List.of("base", base), List.of("each adapter", each), List.of("all adapters", each * personalities)));
        lab.shows("lora-adapter", "gap of a row from a run alone", gap, atMost(1e-5));
    }
}
