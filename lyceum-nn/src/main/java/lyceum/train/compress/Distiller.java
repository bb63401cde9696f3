package lyceum.train.compress;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Hooks;
import lyceum.nn.InBatches;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Trains a student on a teacher's outputs:
 * {@code L = lambda T^2 KL(softmax(v / T) || softmax(z / T)) + (1 - lambda) CE(y, z)}, with teacher logits v, student logits z, in nats, averaged over rows.
 *
 * {@snippet :
 * new Distiller(4, 0.9).fit(student, teacher, trainer, data, rng);
 * new Distiller(4, 0.9).withHints(List.of(new Distiller.Hint("3", "5", 0.1))).fit(student, teacher, trainer, data, rng);
 * new Distiller(4, 1).fit(student, teacher, trainer, unlabelled, rng);     // without labels
 * }
 *
 * <p>The teacher runs once over the data, in inference mode, before training; a label below 0 leaves its row to the teacher. Self-distillation ("born again") is a student of the
 * teacher's own shape. Sequences: rows of logits may be (batch, time, classes) with labels (batch, time), and a teacher's generated tokens are labels like others.
 *
 * @param temperature T, above 0
 * @param softShare lambda, in [0, 1]
 * @param hints features to imitate beside the outputs
 * @see <a href="https://arxiv.org/abs/1503.02531">Hinton, Vinyals and Dean (2015)</a>
 * @see <a href="https://arxiv.org/abs/1412.6550">Romero and others (2015), for hints</a>
 * @see <a href="https://arxiv.org/abs/1612.03928">Zagoruyko and Komodakis (2017), for attention maps</a>
 */
@Withers
public record Distiller(double temperature, double softShare, List<Hint> hints) implements DistillerWithers {

    /**
     * A hidden value of the student that imitates one of the teacher.
     *
     * @param student name of a module or point of the student, as {@link Hooks} name it
     * @param teacher of the teacher
     * @param weight of the mean squared difference in the loss
     * @param attention compares maps (the channels' mean square, of unit norm a row) instead of values; of one shape but the channel axis 1
     */
    public record Hint(String student, String teacher, double weight, boolean attention) {
        public Hint {
            if (!(weight >= 0)) throw new IllegalArgumentException("Hint: weight is " + weight + "; it is at least 0");
        }

        /** Values, through a learnt linear projection where the widths of the last axis differ. */
        public Hint(String student, String teacher, double weight) { this(student, teacher, weight, false); }
    }

    public Distiller {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Distiller: temperature is " + temperature + "; it is above 0");
        if (!(softShare >= 0 && softShare <= 1))
            throw new IllegalArgumentException("Distiller: softShare is " + softShare + "; it lies in [0, 1]");
        Objects.requireNonNull(hints, "hints");
        hints = List.copyOf(hints);
    }

    /** No hints. */
    public Distiller(double temperature, double softShare) { this(temperature, softShare, List.of()); }

    /** The loss of logits (.., classes), a scalar. @param labels (..), I64; null where {@code softShare} is 1; those below 0 do not count */
    public Tensor loss(Tensor logits, Tensor teacherLogits, Tensor labels) {
        if (!logits.shape().equals(teacherLogits.shape()))
            throw new ShapeException("Distiller: student logits " + logits.shape() + ", teacher's " + teacherLogits.shape());
        Tensor soft = softShare == 0 ? null : soft(logits, teacherLogits).mul(softShare * temperature * temperature);
        if (softShare == 1) return soft;
        if (labels == null)
            throw new IllegalArgumentException("Distiller: no labels, and softShare is " + softShare + "; without labels it is 1");
        var known = labels.ge(0L);
        double share = Autograd.noGrad(() -> known.to(DType.F64).mean().item());
        if (share == 0) return soft == null ? logits.sum().mul(0) : soft;
        var hard = new CrossEntropy().withIgnoreIndex(-1).of(rows(logits), labels.maximum(-1L).flatten()).mul((1 - softShare) * share);
        return soft == null ? hard : soft.add(hard);
    }

    /** {@code KL(softmax(v / T) || softmax(z / T))}, averaged over rows: without the factor T^2. */
    public Tensor soft(Tensor logits, Tensor teacherLogits) {
        var p = teacherLogits.detach().div(temperature).logSoftmax(-1);
        double rows = (double) logits.count() / logits.size(-1);
        return p.exp().mul(p.sub(logits.div(temperature).logSoftmax(-1))).sum().div(rows);
    }

    private static Tensor rows(Tensor logits) { return logits.reshape(-1, logits.size(-1)); }

    /** Trains the student, see the class. */
    public History fit(Module student, Module teacher, Trainer trainer, Dataset data, Rng rng) {
        return fit(student, teacher, trainer, data, rng, Progress.SILENT);
    }

    /** @throws lyceum.progress.CancelledException if progress says so; the student then holds the parameters of the last step */
    public History fit(Module student, Module teacher, Trainer trainer, Dataset data, Rng rng, Progress progress) {
        var logits = InBatches.of(data.x(), trainer.batchSize(), teacher::forward);
        if (hints.isEmpty()) {
            BatchLoss loss = (rows, pass) -> loss(student.forward(data.x().rows(rows), pass), logits.rows(rows),
                    softShare == 1 ? null : data.y().rows(rows));
            return trainer.start(student, data.size(), loss, null, rng).finish(progress);
        }
        var pair = new Hinted(student, projections(student, teacher, data.x().narrow(0, 0, 1), rng.split(17)));
        BatchLoss loss = (rows, pass) -> {
            var x = data.x().rows(rows);
            var targets = Autograd.noGrad(() -> seen(teacher, x, Pass.inference(), false).values);
            var ours = seen(student, x, pass, true);
            var sum = loss(ours.output, logits.rows(rows), softShare == 1 ? null : data.y().rows(rows));
            for (int i = 0; i < hints.size(); i++)
                sum = sum.add(difference(i, ours.values.get(i), targets.get(i), pair, pass).mul(hints.get(i).weight));
            return sum;
        };
        return trainer.start(pair, data.size(), loss, null, rng).finish(progress);
    }

    private record Seen(Tensor output, List<Tensor> values) {}

    private Seen seen(Module model, Tensor x, Pass pass, boolean student) {
        var hooks = Hooks.of(model);
        var found = new LinkedHashMap<String, Tensor>();
        for (var hint : hints) hooks.on(student ? hint.student : hint.teacher, (name, in, out) -> {
            found.put(name, out);
            return out;
        });
        var output = model.forward(x, pass.with(hooks));
        var values = new ArrayList<Tensor>();
        for (var hint : hints) {
            var value = found.get(student ? hint.student : hint.teacher);
            if (value == null) throw new IllegalArgumentException(
                    "Distiller: " + (student ? "the student has no point " + hint.student : "the teacher has no point " + hint.teacher)
                            + "; it passes " + model.modules().keySet());
            values.add(value);
        }
        return new Seen(output, values);
    }

    private List<Linear> projections(Module student, Module teacher, Tensor x, Rng rng) {
        return Autograd.noGrad(() -> {
            List<Tensor> ours = seen(student, x, Pass.inference(), true).values, theirs = seen(teacher, x, Pass.inference(), false).values;
            var made = new ArrayList<Linear>();
            for (int i = 0; i < hints.size(); i++)
                if (!hints.get(i).attention) made.add(new Linear(ours.get(i).size(-1), theirs.get(i).size(-1), rng.split(i)));
            return List.copyOf(made);
        });
    }

    private Tensor difference(int i, Tensor ours, Tensor theirs, Hinted pair, Pass pass) {
        if (hints.get(i).attention) return map(ours).sub(map(theirs)).square().mean();
        int number = (int) hints.subList(0, i).stream().filter(h -> !h.attention).count();
        var y = pair.projections.get(number).forward(ours, pass);
        if (!y.shape().equals(theirs.shape())) throw new ShapeException(
                "Distiller: hint " + hints.get(i).student + " gives " + y.shape() + ", the teacher's " + theirs.shape());
        return y.sub(theirs).square().mean();
    }

    /** Where a row's channels are active: the mean of their squares, flattened, of unit norm. */
    private static Tensor map(Tensor x) {
        var map = x.square().mean(1).reshape(x.size(0), -1);
        return map.div(map.square().sum(1, true).add(1e-12).sqrt());
    }

    /** The student and its projections, trained together. */
    private static final class Hinted extends Module {
        private final Module student;
        private final List<Linear> projections;

        Hinted(Module student, List<Linear> projections) {
            this.student = student;
            this.projections = projections;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return student.forward(x, pass); }
    }
}
