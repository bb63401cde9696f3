package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Adafactor: Adam's division by the root mean square gradient, with a matrix's squares remembered by row and column means alone: m + n numbers
 * for m x n weights.
 *
 * <p>At step t, with {@code b = 1 - t^-squareDecay}: {@code R = b R + (1 - b) rowmean(g^2)}, {@code C} likewise by columns, and
 * {@code V = R C / mean(R)}, the rank-one matrix with these means that is exact where {@code g^2} is one. Parameters of one axis keep V whole;
 * of more than two, the last two axes are factored. The update {@code U = g / sqrt(V)} is divided by {@code max(1, rms(U) / clip)}, and
 * {@code x = x (1 - learningRate * weightDecay) - max(leastScale, rms(x)) * min(learningRate, 1 / sqrt(t)) * U}: steps are relative to the size of the weights.
 *
 * @param learningRate upper bound of the relative step, at least 0
 * @param squareDecay how fast the memory of the squares grows, in (0, 1]
 * @param momentum of the updates, averaged after clipping and before they are scaled, in [0, 1); 0 keeps none, and saves the memory that Adafactor is for
 * @param least below which a root mean square gradient counts as this; 0 means the type's resolution
 * @param leastScale below which the size of a parameter counts as this
 * @param clip largest root mean square of an update before it is scaled, above 0
 * @param weightDecay decoupled: part of a weight lost per unit of learning rate
 * @param maximize climbs instead
 * @see <a href="https://arxiv.org/abs/1804.04235">Shazeer and Stern (2018)</a>
 */
@Withers
public record Adafactor(double learningRate, double squareDecay, double momentum, double least, double leastScale, double clip,
        double weightDecay, boolean maximize) implements AdafactorWithers, UpdateRule {
    public Adafactor {
        Settings.atLeast("Adafactor", "learningRate", learningRate, 0);
        Settings.above("Adafactor", "squareDecay", squareDecay, 0);
        Settings.part("Adafactor", "squareDecay", squareDecay);
        Settings.decay("Adafactor", "momentum", momentum);
        Settings.atLeast("Adafactor", "least", least, 0);
        Settings.above("Adafactor", "leastScale", leastScale, 0);
        Settings.above("Adafactor", "clip", clip, 0);
        Settings.atLeast("Adafactor", "weightDecay", weightDecay, 0);
    }

    /** Square decay 0.8, no momentum, least scale 1e-3, clip 1, no weight decay: PyTorch's. */
    public Adafactor(double learningRate) { this(learningRate, 0.8, 0, 0, 1e-3, 1, 0, false); }

    /** Relative steps of at most 0.01. */
    public Adafactor() { this(0.01); }

    @Override public List<String> slots(Tensor x) {
        var slots = new ArrayList<>(x.rank() < 2 ? List.of("squares") : List.of("rows", "columns"));
        if (momentum != 0) slots.add("momentum");
        return slots;
    }

    @Override public Tensor start(String slot, Tensor x) {
        var shape = x.shape().toArray();
        if (slot.equals("rows")) shape[shape.length - 1] = 1;
        if (slot.equals("columns")) shape[shape.length - 2] = 1;
        return Tensor.zeros(x.dtype(), shape);
    }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        double fresh = Math.pow(step, -squareDecay), pace = Math.min(rate, 1 / Math.sqrt(step));
        double size = Math.max(leastScale, rms(x));
        var shrunk = weightDecay == 0 ? x : x.mul(1 - rate * weightDecay);
        var squares = g.square();
        var kept = new ArrayList<Tensor>();
        double floor = least > 0 ? least : x.dtype() == DType.F64 ? Math.ulp(1.0) : Math.ulp(1f);
        Tensor v;
        if (x.rank() < 2) {
            v = slots.getFirst().lerp(squares, fresh);
            kept.add(v);
        } else {
            int last = x.rank() - 1;
            var rows = slots.get(0).lerp(squares.mean(new int[] {last}, true), fresh);
            var columns = slots.get(1).lerp(squares.mean(new int[] {last - 1}, true), fresh);
            kept.add(rows);
            kept.add(columns);
            v = rows.mul(columns).div(rows.mean(new int[] {last - 1}, true).maximum(floor));
        }
        var update = g.div(v.maximum(floor * floor).sqrt());
        update = update.div(Math.max(1, rms(update) / clip));
        if (momentum != 0) {
            update = slots.getLast().lerp(update, 1 - momentum);
            kept.add(update);
        }
        return new Update(shrunk.sub(update.mul(pace * size)), kept);
    }

    private static double rms(Tensor x) { return x.count() == 0 ? 0 : Math.sqrt(x.to(DType.F64).square().mean().item()); }
}
