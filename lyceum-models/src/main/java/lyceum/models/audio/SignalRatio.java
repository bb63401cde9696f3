package lyceum.models.audio;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** How much of a sound is what it should be, in decibels. */
public final class SignalRatio {
    private SignalRatio() {}

    /** {@code 10 log10(|x|^2 / |y - x|^2)} of each clip y beside its target x: (.., samples) to (..), F64. */
    public static Tensor snr(Tensor sound, Tensor target) {
        check(sound, target);
        Tensor y = sound.to(DType.F64), x = target.to(DType.F64);
        return decibels(x, y.sub(x));
    }

    /**
     * The same, whatever the loudness: both are freed of their means, and the target is scaled to lie nearest, {@code a = y.x / x.x} and
     * {@code 10 log10(|a x|^2 / |y - a x|^2)}.
     *
     * @see <a href="https://arxiv.org/abs/1811.02508">Le Roux, Wisdom, Erdogan and Hershey (2019)</a>
     */
    public static Tensor siSnr(Tensor sound, Tensor target) {
        check(sound, target);
        Tensor y = sound.to(DType.F64), x = target.to(DType.F64);
        y = y.sub(y.mean(-1, true));
        x = x.sub(x.mean(-1, true));
        var scaled = x.mul(y.mul(x).sum(-1, true).div(x.square().sum(-1, true)));
        return decibels(scaled, y.sub(scaled));
    }

    private static void check(Tensor sound, Tensor target) {
        if (sound.rank() < 1 || !sound.shape().equals(target.shape()))
            throw new ShapeException("SignalRatio: sounds " + sound.shape() + " and " + target.shape() + "; they have one shape");
    }

    private static Tensor decibels(Tensor signal, Tensor rest) {
        return signal.square().sum(-1).div(rest.square().sum(-1)).log().mul(10 / Math.log(10));
    }
}
