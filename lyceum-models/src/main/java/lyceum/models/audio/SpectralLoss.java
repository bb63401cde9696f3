package lyceum.models.audio;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * How far two sounds are apart in their spectra, at several sizes of the window: for each, the mean absolute difference of magnitudes
 * relative to the mean magnitude of the target, plus the mean absolute difference of their logarithms; averaged over the sizes.
 *
 * {@snippet :
 * Tensor loss = new SpectralLoss().of(x, y);             // (.., samples) each
 * }
 *
 * @see <a href="https://arxiv.org/abs/1910.11480">Yamamoto, Song and Kim (2020)</a>
 */
public final class SpectralLoss {
    private static final double FLOOR = 1e-5;
    private final List<Stft> scales;

    /** Windows of 64 to 2048 samples, a quarter apart; a sound shorter than some is compared at the others. */
    public SpectralLoss() { this(64, 128, 256, 512, 1024, 2048); }

    /** Windows of those sizes, a quarter apart. */
    public SpectralLoss(int... sizes) {
        if (sizes.length == 0) throw new IllegalArgumentException("SpectralLoss: no sizes; give at least one");
        scales = Arrays.stream(sizes).mapToObj(size -> new Stft(size, Math.max(1, size / 4))).toList();
    }

    /** A number. @throws ShapeException if the shapes differ, or no window fits */
    public Tensor of(Tensor sound, Tensor target) {
        if (!sound.shape().equals(target.shape()))
            throw new ShapeException("SpectralLoss: sounds " + sound.shape() + " and " + target.shape() + "; they have one shape");
        Tensor sum = null;
        int used = 0;
        for (var scale : scales) {
            if (scale.size() > sound.size(-1)) continue;
            Tensor a = scale.power(sound).add(FLOOR * FLOOR).sqrt(), b = scale.power(target).add(FLOOR * FLOOR).sqrt();
            var far = a.sub(b).abs().mean().div(b.mean()).add(a.add(FLOOR).log().sub(b.add(FLOOR).log()).abs().mean());
            sum = sum == null ? far : sum.add(far);
            used++;
        }
        if (used == 0) throw new ShapeException("SpectralLoss: sounds " + sound.shape() + " are shorter than every window");
        return sum.div(used);
    }
}
