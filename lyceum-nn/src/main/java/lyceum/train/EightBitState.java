package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.optim.UpdateRule;
import lyceum.tensor.Tensor;

/**
 * A rule whose memory takes a byte a number, and four for every 256: {@code new EightBitState(new Adam(1e-3))} remembers 2 bytes a parameter for Adam's 8. A block of
 * 256 numbers is held as signs and logarithms below its largest size, {@code sign 2^(-(127 - c) / 8)}: a number is off by at most 4.5%, and what is smaller than
 * 2^-15.75 of the largest counts as that. (Dettmers' table is finer near the largest and coarser below.)
 *
 * <p>Slots {@code NAME} become {@code NAME.codes} (U8, whole blocks) and {@code NAME.scales} (F32).
 *
 * @param rule whose slots have the parameter's shape
 * @see <a href="https://arxiv.org/abs/2110.02861">Dettmers, Lewis, Shleifer and Zettlemoyer (2022)</a>
 */
public record EightBitState(UpdateRule rule) implements UpdateRule {
    private static final int BLOCK = 256;

    public EightBitState { Objects.requireNonNull(rule, "rule"); }

    @Override public double learningRate() { return rule.learningRate(); }

    @Override public boolean maximize() { return rule.maximize(); }

    @Override public List<String> slots(Tensor x) {
        var names = new ArrayList<String>();
        for (var slot : rule.slots(x)) {
            names.add(slot + ".codes");
            names.add(slot + ".scales");
        }
        return names;
    }

    @Override public Tensor start(String slot, Tensor x) {
        var coded = encoded(rule.start(slot.substring(0, slot.lastIndexOf('.')), x));
        return coded.get(slot.endsWith(".codes") ? 0 : 1);
    }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var wide = new ArrayList<Tensor>();
        for (int i = 0; i < slots.size(); i += 2) wide.add(decoded(slots.get(i), slots.get(i + 1), x));
        var update = rule.next(x, gradient, wide, step, rate);
        var coded = new ArrayList<Tensor>();
        for (var slot : update.slots()) coded.addAll(encoded(slot));
        return new Update(update.parameter(), coded);
    }

    /** Codes: 0 for zero, 1 to 127 for positive sizes, 129 to 255 for negative ones. */
    private static List<Tensor> encoded(Tensor x) {
        long n = x.count(), blocks = (n + BLOCK - 1) / BLOCK;
        var rows = x.to(DType.F32).reshape(-1).pad(0, 0, blocks * BLOCK - n, 0).reshape(blocks, BLOCK);
        var scale = rows.abs().max(1, true);
        var share = rows.abs().div(scale.gt(0).where(scale, scale.onesLike()));
        var size = share.clamp(Math.scalb(1, -16), 1).log2().mul(8).add(127).round().clamp(1, 127);
        var code = share.gt(0).where(rows.lt(0).where(size.add(128), size), size.zerosLike());
        return List.of(code.to(DType.U8).reshape(-1).compute(), scale.reshape(-1).compute());
    }

    private static Tensor decoded(Tensor codes, Tensor scales, Tensor like) {
        var code = codes.to(DType.F32).reshape(-1, BLOCK);
        var negative = code.gt(128);
        var size = negative.where(code.sub(128), code).sub(127).mul(Math.log(2) / 8).exp().mul(scales.unsqueeze(1));
        var value = code.eq(0).where(size.zerosLike(), negative.where(size.neg(), size));
        return value.reshape(-1).narrow(0, 0, like.count()).reshape(like.shape().toArray()).to(like.dtype());
    }
}
