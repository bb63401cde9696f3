package lyceum.optim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;
import lyceum.DTypeException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * An {@link UpdateRule} applied to parameters, together with its state.
 *
 * {@snippet :
 * var optimizer = new AdamW(3e-4).over(model.parameters()).scheduledBy(new Schedule.Cosine(1_000)).clippedBy(Clip.norm(1));
 * for (var batch : batches) {
 *     optimizer.zeroGrad();
 *     loss(batch).backward();
 *     optimizer.step();
 * }
 * optimizer.save(path);                       // and load(path) later: the run continues as if it had never stopped, bit for bit
 * }
 *
 * <p>Parameters are updated in place. The state has the parameter's type, or F32 for F16 and BF16, and is created by the first step
 * outside all scopes. Not thread-safe.
 */
public final class Optimizer {

    /** Named parameters that share a rule. */
    public record Group(UpdateRule rule, SequencedMap<String, Tensor> parameters) {}

    private final List<ParameterState> slots = new ArrayList<>();
    private Schedule schedule = Schedule.CONSTANT;
    private Clip clip;
    private Average average;
    private double rateScale = 1;
    private long steps;
    private double gradientNorm = Double.NaN;

    /**
     * Groups of parameters with their own rules: different rates, or no decay for some.
     *
     * @throws IllegalArgumentException if a name or a tensor occurs twice, or none is given
     */
    public Optimizer(List<Group> groups) {
        for (var group : groups) {
            for (var entry : group.parameters.entrySet()) {
                var parameter = entry.getValue();
                if (!parameter.dtype().isFloat()) throw new DTypeException(
                        "Optimizer: parameter " + entry.getKey() + " is " + parameter.dtype() + "; a gradient needs a float type");
                for (var other : slots) {
                    if (other.name.equals(entry.getKey()))
                        throw new IllegalArgumentException("Optimizer: two parameters are named " + entry.getKey());
                    if (other.parameter == parameter) throw new IllegalArgumentException(
                            "Optimizer: parameters " + other.name + " and " + entry.getKey() + " are one tensor");
                }
                slots.add(new ParameterState(entry.getKey(), parameter, group.rule));
            }
        }
        if (slots.isEmpty()) throw new IllegalArgumentException("Optimizer: there are no parameters");
    }

    /** Multiplies every rule's learning rate by the schedule's factor. Returns this. */
    public Optimizer scheduledBy(Schedule schedule) {
        this.schedule = schedule;
        return this;
    }

    /** Limits the gradients, all groups together, before each step. Returns this. */
    public Optimizer clippedBy(Clip clip) {
        this.clip = clip;
        return this;
    }

    /** Pulls the parameters that {@code decay} applies to towards zero at each step. Returns this. */
    public Optimizer decayedBy(WeightDecay decay) {
        for (var slot : slots) slot.decay = decay.applies().test(slot.name, slot.parameter) ? decay : null;
        return this;
    }

    /**
     * Also keeps F32 copies of parameters in F16 and BF16, from the first step on: steps too small for the narrow type add up there, and the
     * parameter is the rounded copy. Call it before the first step. Returns this.
     */
    public Optimizer withMasterWeights() {
        if (steps > 0) throw new LyceumException("withMasterWeights: " + steps + " steps have been taken; call it before the first step");
        slots.forEach(ParameterState::keepMaster);
        return this;
    }

    /** Averages the parameters after each step. Returns this. */
    public Optimizer averagedBy(Average average) {
        average.over(parameters());
        this.average = average;
        return this;
    }

    /** Multiplies all later learning rates by {@code factor}; calls accumulate. For plateaus. */
    public void scaleRates(double factor) {
        Settings.above("Optimizer", "factor", factor, 0);
        rateScale *= factor;
    }

    /** Multiplies the later learning rates of some parameters by {@code factor}, chosen by name and value: of a group, or of the first layers. */
    public void scaleRates(double factor, BiPredicate<String, Tensor> which) {
        Settings.atLeast("Optimizer", "factor", factor, 0);
        for (var slot : slots) if (which.test(slot.name, slot.parameter)) slot.rateScale *= factor;
    }

    /** The learning rate of this parameter's next step: its rule's, times all factors. */
    public double learningRate(Tensor parameter) {
        for (var slot : slots) if (slot.parameter == parameter) return rateFactor() * slot.rateScale * slot.rule.learningRate();
        throw new IllegalArgumentException(
                "learningRate: a tensor of shape " + parameter.shape() + " is not among the optimizer's parameters");
    }

    /** The parameters of all groups, in order. */
    public List<Tensor> parameters() { return slots.stream().map(s -> s.parameter).toList(); }

    /** Steps taken. */
    public long steps() { return steps; }

    /** The norm of all gradients of the last step before {@link Clip#norm} limited it; NaN without such a clip. */
    public double gradientNorm() { return gradientNorm; }

    /** The factor on each rule's learning rate in the next step. */
    public double rateFactor() { return rateScale * schedule.factor(steps); }

    /** Forgets the gradients that the parameters hold. */
    public void zeroGrad() {
        for (var slot : slots) {
            slot.parameter.zeroGrad();
            slot.rows = null;
        }
    }

    /**
     * Gives the next step a gradient for some rows of a parameter, instead of {@link Tensor#grad()}. That step touches only these rows: their
     * neighbours' averages, momentum and decay are left alone (the "lazy" or "sparse" form), while bias correction counts every step.
     *
     * @param rows row numbers, a vector of integers; gradients of a repeated row add up
     * @param values one gradient per row: the parameter's shape with the first size replaced by the number of rows
     */
    public void rowGradient(Tensor parameter, Tensor rows, Tensor values) {
        for (var slot : slots) {
            if (slot.parameter != parameter) continue;
            slot.rows = new RowGradient(parameter, rows, values);
            return;
        }
        throw new IllegalArgumentException(
                "rowGradient: a tensor of shape " + parameter.shape() + " is not among the optimizer's parameters");
    }

    /**
     * Takes one step along the gradients that {@code backward()} has collected; parameters without one stay as they are.
     *
     * @throws LyceumException if no parameter has one
     */
    public void step() {
        var gradients = new Tensor[slots.size()];
        boolean any = false;
        for (int i = 0; i < gradients.length; i++) {
            gradients[i] = slots.get(i).parameter.grad();
            any |= gradients[i] != null || slots.get(i).rows != null;
        }
        if (!any) throw new LyceumException(
                "step: none of the " + gradients.length + " parameters has a gradient; call backward() on a loss computed from them");
        step(gradients);
    }

    /** Takes one step along the given gradients, in the order of {@link #parameters()}; null leaves a parameter as it is. */
    public void step(Tensor... gradients) {
        if (gradients.length != slots.size())
            throw new ShapeException("step: " + gradients.length + " gradients for " + slots.size() + " parameters");
        for (int i = 0; i < gradients.length; i++) {
            var slot = slots.get(i);
            if (gradients[i] != null && !gradients[i].shape().equals(slot.parameter.shape())) throw new ShapeException(
                    "step: gradient " + gradients[i].shape() + " for parameter " + slot.name + " of shape " + slot.parameter.shape());
        }
        Autograd.noGrad(() -> {
            var given = gradients.clone();
            for (int i = 0; i < given.length; i++) if (slots.get(i).rows != null) given[i] = slots.get(i).rows.values();
            var clipped = clip == null ? new Clip.Clipped(given, UnaryOperator.identity(), Double.NaN, false)
                    : clip.apply(parameters(), given);
            gradientNorm = clipped.norm();
            if (clipped.skip()) {
                for (var slot : slots) slot.rows = null;
                return;
            }
            double factor = rateFactor();
            var together = new LinkedHashMap<ParameterState.Kind, ParameterState.Step>();
            for (int i = 0; i < gradients.length; i++) {
                var slot = slots.get(i);
                var gradient = clipped.gradients()[i];
                if (slot.rows != null || gradient != null && !slot.rule.isElementwise()) {
                    slot.step(clipped.limit().apply(gradient), pace(slot.rule, factor * slot.rateScale));
                } else if (gradient != null) {
                    together.computeIfAbsent(slot.kind(), kind -> new ParameterState.Step()).add(slot, gradient);
                }
            }
            together.forEach((kind, step) -> step.take(clipped.limit(), pace(kind.rule(), factor * kind.rateScale())));
            steps++;
            if (average != null) average.update();
        });
    }

    private static ParameterState.Pace pace(UpdateRule rule, double factor) {
        return new ParameterState.Pace(factor * rule.learningRate(), factor);
    }

    /** Everything a later run needs besides the parameters themselves. */
    public OptimizerState state() { return OptimizerState.of(slots, steps, rateScale, average); }

    /**
     * Restores a saved state for the same parameters, by name, and the same kinds of rules.
     *
     * @throws lyceum.FormatException if names, shapes, types or rules differ; nothing is changed then
     */
    public void restore(OptimizerState state) {
        var header = state.checked(slots, average);
        Autograd.noGrad(() -> {
            for (var slot : slots) {
                var saved = header.parameters().get(slot.name);
                slot.steps = saved.steps();
                slot.rateScale = saved.scale();
                if (slot.steps == 0) continue;
                slot.create();
                for (int i = 0; i < slot.tensors.size(); i++)
                    slot.tensors.get(i).copy_(state.tensors().get(slot.name + "." + slot.names().get(i)));
            }
            if (average != null)
                average.restore(header.averaged(), slots.stream().map(s -> state.tensors().get(s.name + ".average")).toList());
        });
        steps = header.steps();
        rateScale = header.rateScale();
    }

    /** Writes {@link #state()} to a safetensors file. */
    public void save(Path path) throws IOException { state().write(path); }

    /** Restores a state from a file. @throws lyceum.FormatException if it is malformed or belongs to other parameters or rules */
    public void load(Path path) throws IOException { restore(OptimizerState.read(path)); }
}
