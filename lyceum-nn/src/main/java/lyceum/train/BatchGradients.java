package lyceum.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import lyceum.ConvergenceException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Clip;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The gradient of a step's micro-batches, each cut into shards that are computed side by side; weighted by their units and added in one order. */
final class BatchGradients {
    private final Trainer trainer;
    private final Module model;
    private final Tensor[] parameters;
    private final BatchLoss loss;
    private final boolean measured;
    /** Whether parts have gradients of their own, added in their order; else the sweep adds to those of the parameters, which takes less memory. */
    private final boolean apart;

    /**
     * What a step is made of.
     *
     * @param gradients of the scaled loss, by parameter
     * @param lossSum of the units
     * @param norms null if nobody asks
     */
    record Report(Tensor[] gradients, double lossSum, double units, int rows, GradientNorms norms) {}

    private record Part(int[] rows, double units, Tensor[] gradients, double loss) {}

    BatchGradients(Trainer trainer, Module model, List<Tensor> parameters, BatchLoss loss) {
        this.trainer = trainer;
        this.model = model;
        this.parameters = parameters.toArray(Tensor[]::new);
        this.loss = loss;
        measured = trainer.listeners().stream().anyMatch(Trainer.Listener::wantsGradientNorms);
        apart = trainer.shards() > 1 || measured && trainer.accumulated() > 1;
    }

    /** @param place said when the loss is not finite */
    Report of(List<int[]> group, Rng streams, double scale, Supplier<String> place) {
        var cut = new ArrayList<List<int[]>>();
        double units = 0;
        for (var batch : group) {
            cut.add(shards(batch));
            for (var rows : cut.getLast()) units += loss.units(rows);
        }
        if (!(units > 0))
            throw new LyceumException("training: a batch has " + units + " units (rows, or tokens that count) " + place.get());
        double all = units, lossSum = 0;
        int rows = 0;
        var sum = new Tensor[parameters.length];
        zeroGrad();
        var sizes = new ArrayList<Double>();
        var squares = new ArrayList<Double>();
        for (int m = 0; m < cut.size(); m++) {
            var pieces = cut.get(m);
            var parts = new Part[pieces.size()];
            int first = m * trainer.shards();
            try (var scope = Scope.open("training batch")) {
                Parallel.range(parts.length, 1, (from, to) -> {
                    for (int i = (int) from; i < to; i++) parts[i] = part(pieces.get(i), all, scale, streams.split(first + i), place);
                });
                for (var part : parts) {
                    lossSum += part.loss * part.units;
                    rows += part.rows.length;
                    if (measured && part.units > 0) {
                        double norm = Clip.normOf(part.gradients) * all / (part.units * scale);
                        sizes.add(part.units);
                        squares.add(norm * norm);
                    }
                    if (apart) add(sum, part.gradients, scope);
                    else keep(scope);
                }
            }
        }
        if (!apart) sum = grads();
        zeroGrad(); // gradients are memory of the step's scope
        GradientNorms norms = null;
        if (measured) {
            double norm = Clip.normOf(sum) / scale;
            norms = new GradientNorms(all, norm * norm, numbers(sizes), numbers(squares));
        }
        return new Report(sum, lossSum, all, rows, norms);
    }

    private static double[] numbers(List<Double> values) { return values.stream().mapToDouble(Double::doubleValue).toArray(); }

    private void zeroGrad() { for (var parameter : parameters) parameter.zeroGrad(); }

    private void keep(Scope scope) { for (var parameter : parameters) if (parameter.grad() != null) parameter.grad().keptBy(scope); }

    private static void add(Tensor[] sum, Tensor[] next, Scope scope) {
        for (int i = 0; i < sum.length; i++) {
            if (next[i] == null) continue;
            if (sum[i] == null) sum[i] = next[i].copy().compute().keptBy(scope);
            else sum[i].add_(next[i]);
        }
    }

    private List<int[]> shards(int[] batch) {
        int n = Math.min(trainer.shards(), batch.length);
        var shards = new ArrayList<int[]>(n);
        for (int s = 0; s < n; s++)
            shards.add(Arrays.copyOfRange(batch, (int) ((long) batch.length * s / n), (int) ((long) batch.length * (s + 1) / n)));
        return shards;
    }

    // A stream for every part: what dropout draws does not depend on what was drawn before, and so a run can be resumed.
    private Part part(int[] rows, double all, double scale, Rng stream, Supplier<String> place) {
        double units = loss.units(rows);
        try (var scope = Scope.open("training batch")) {
            if (units == 0) return new Part(rows, 0, new Tensor[parameters.length], 0);
            var gradients = new Tensor[parameters.length];
            double[] number = {0};
            Supplier<Tensor> body = () -> {
                var value = total(rows, Pass.training(stream));
                number[0] = value.item();
                if (!Double.isFinite(number[0])) {
                    if (!apart) zeroGrad();
                    throw notFinite(rows, number[0], place);
                }
                double factor = units / all * scale;
                differentiate(factor == 1 ? value : value.mul(factor), gradients);
                return value;
            };
            if (trainer.precision() == null) body.get();
            else trainer.precision().run(body);
            if (apart) for (var g : gradients) g.compute().keptBy(scope);
            else keep(scope);
            return new Part(rows, units, apart ? gradients : grads(), number[0]);
        }
    }

    private Tensor[] grads() { return Arrays.stream(parameters).map(Tensor::grad).toArray(Tensor[]::new); }

    private void differentiate(Tensor value, Tensor[] gradients) {
        if (apart) System.arraycopy(Autograd.gradients(value, parameters, false), 0, gradients, 0, gradients.length);
        else value.backward();
    }

    private Tensor total(int[] rows, Pass pass) {
        var value = loss.of(rows, pass);
        return trainer.regularizer() == null ? value : value.add(trainer.regularizer().penalty(model));
    }

    private ConvergenceException notFinite(int[] rows, double number, Supplier<String> place) {
        var text = "training: the loss is " + number + " " + place.get();
        var guilty = new ArrayList<Integer>();
        String[] first = {null};
        try {
            var hooks = Hooks.of(model);
            hooks.on("*", (name, x, y) -> {
                if (first[0] == null && y.dtype().isFloat() && y.isFinite().all().item() == 0)
                    first[0] = name.isEmpty() ? "the model" : name;
                return y;
            });
            Autograd.noGrad(() -> {
                var pass = Pass.sampling(Rng.of(0)); // a loss may draw, such as partners of rows or noise
                loss.of(rows, pass.with(hooks));
                for (int row : rows) if (!Double.isFinite(loss.of(new int[] {row}, pass).item())) guilty.add(row);
            });
        } catch (LyceumException | IllegalArgumentException e) {
            text += " (looking for the cause failed: " + e.getMessage() + ")";
        }
        if (first[0] != null) text += "; the first output that is not finite is that of " + first[0];
        if (!guilty.isEmpty()) text += "; rows " + names(guilty) + " alone give such a loss";
        text += "; the batch is rows " + names(Arrays.stream(rows).boxed().toList());
        return new ConvergenceException(text + "; lower the learning rate, clip gradients or look for such values in the data");
    }

    private String names(List<Integer> rows) {
        var first = rows.stream().limit(8).map(loss::nameOf).toList();
        return first + (rows.size() > 8 ? " and " + (rows.size() - 8) + " more" : "");
    }

    /** Norm of the difference between the gradient of two batches as one and their weighted sum, over the norm of the former. Nothing is drawn. */
    double statisticsGap(int[] a, int[] b) {
        var both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        try (var scope = Scope.open("batch statistics")) {
            var whole = Autograd.gradients(total(both, Pass.training(null)), parameters, false);
            double ua = loss.units(a), ub = loss.units(b);
            var first = Autograd.gradients(total(a, Pass.training(null)).mul(ua / (ua + ub)), parameters, false);
            var second = Autograd.gradients(total(b, Pass.training(null)).mul(ub / (ua + ub)), parameters, false);
            var gap = new Tensor[whole.length];
            for (int i = 0; i < gap.length; i++) gap[i] = whole[i].sub(first[i]).sub(second[i]);
            return Clip.normOf(gap) / Clip.normOf(whole);
        }
    }
}
