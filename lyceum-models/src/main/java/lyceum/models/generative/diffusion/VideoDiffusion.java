package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * Clips out of noise, by a flow that a {@link VideoTransformer} learned: from a class or a text, from first frames, and on from the last ones.
 *
 * {@snippet :
 * var video = new VideoDiffusion(network, new FlowMatching());
 * trainer.start(network, n, video.over(clips, directions, ConditionDropout.ofClass(0.1, 4), 0.3), null, rng).finish(progress);
 * Tensor drawn = video.sample(directions, new VideoOptions(8, 8), NoiseStreams.seeds(1, 2), progress);
 * Tensor moved = video.animate(pictures, directions, options, noise, progress);          // (n, 1, channels, height, width) stay as they are
 * Tensor longer = video.extend(drawn, 2, 20, directions, options, noise, progress);      // by chunks that see the last 2 frames
 * }
 *
 * <p>First frames are clean at all times, marked as such, and the loss leaves them out. Clips are (n, frames, channels, height, width), as far as possible of
 * mean 0 and deviation 1; codes of frames by an autoencoder are clips too.
 *
 * @param network velocity of the flow
 * @param matching how it learns
 * @see <a href="https://arxiv.org/abs/2204.03458">Ho, Salimans, Gritsenko, Chan, Norouzi and Fleet (2022)</a>
 * @see <a href="https://arxiv.org/abs/2210.02747">Lipman and others (2023), on flow matching</a>
 */
public record VideoDiffusion(VideoTransformer network, FlowMatching matching) {
    public VideoDiffusion {
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(matching, "matching");
        if (matching.coupling() != FlowMatching.Coupling.INDEPENDENT) throw new IllegalArgumentException(
                "VideoDiffusion: coupling " + matching.coupling() + "; clips with first frames are joined to noise as they come");
    }

    /**
     * The loss for a trainer.
     *
     * @param conditions (rows, ..), or null
     * @param dropout of conditions, for guidance; null for none
     * @param shown probability that a clip's beginning is shown, of 1 to all but one frames; 0 learns no animation
     */
    public BatchLoss over(Tensor clips, Tensor conditions, ConditionDropout dropout, double shown) {
        if (!(shown >= 0 && shown <= 1)) throw new IllegalArgumentException("VideoDiffusion: shown is " + shown + "; it lies in [0, 1]");
        if (conditions != null && conditions.size(0) != clips.size(0)) throw new ShapeException(
                "VideoDiffusion.over: conditions " + conditions.shape() + " for clips " + clips.shape() + "; a row for each");
        return (rows, pass) -> {
            FlowMatching.requireStream(pass);
            var x = clips.rows(rows);
            var condition = conditions == null ? null : conditions.rows(rows);
            if (condition != null && dropout != null) condition = dropout.apply(condition, pass.rng());
            var beginnings = new int[rows.length];
            for (int i = 0; i < rows.length; i++)
                if (x.size(1) > 1 && pass.rng().nextDouble() < shown) beginnings[i] = 1 + pass.rng().nextInt((int) x.size(1) - 1);
            return loss(x, condition, beginnings, pass);
        };
    }

    /** The mean squared error of the velocity over all frames that are not shown. @param beginnings how many first frames of each clip are */
    public Tensor loss(Tensor x, Tensor condition, int[] beginnings, Pass pass) {
        FlowMatching.requireStream(pass);
        if (beginnings.length != x.size(0))
            throw new ShapeException("VideoDiffusion.loss: " + beginnings.length + " beginnings for clips " + x.shape() + "; one for each");
        for (int b : beginnings)
            if (b < 0 || b >= x.size(1)) throw new IllegalArgumentException("VideoDiffusion.loss: " + b + " frames of " + x.size(1)
                    + " are shown; from none to all but one, so that there is something to learn");
        var noise = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
        var t = matching.times(x, pass);
        Tensor known = known(beginnings, x), open = known.rsub(1);
        var state = Tensor.concat(2, x.mul(known).add(matching.point(noise, x, t).mul(open)), known);
        var said = network.predict(state, t, condition, pass).narrow(2, 0, x.size(2));
        return said.sub(matching.target(noise, x, t)).square().mul(open).sum().div(open.sum().mul(x.size(2)));
    }

    /** The mean squared error (n) of each clip's velocity between noise and the clip at times t (n). */
    public Tensor errors(Tensor x, Tensor noise, Tensor t, Tensor condition, Pass pass) {
        return network.predict(matching.point(noise, x, t), t, condition, pass).sub(matching.target(noise, x, t)).square()
                .reshape(x.size(0), -1).mean(1);
    }

    private static Tensor known(int[] beginnings, Tensor x) {
        int n = beginnings.length, frames = (int) x.size(1);
        var values = new float[n * frames];
        for (int i = 0; i < n; i++) for (int f = 0; f < Math.min(frames, beginnings[i]); f++) values[i * frames + f] = 1;
        return Tensor.of(values, n, frames, 1, 1, 1).to(x.dtype()).expand(n, frames, 1, x.size(3), x.size(4)).contiguous();
    }

    /** Clips from noise. @param condition (n, ..), or null @param noise a stream for each clip */
    public Tensor sample(Tensor condition, VideoOptions options, NoiseStreams noise, Progress progress) {
        return drawn(null, condition, options, noise, progress);
    }

    /** Clips that begin with these frames (n, 1 or more, channels, height, width), which stay as they are. */
    public Tensor animate(Tensor first, Tensor condition, VideoOptions options, NoiseStreams noise, Progress progress) {
        int channels = network.config().channels();
        if (first.rank() != 5 || first.size(1) >= options.frames() || first.size(2) != channels || first.size(3) != options.height()
                || first.size(4) != options.width() || first.size(0) != noise.size())
            throw new ShapeException("VideoDiffusion: first frames " + first.shape() + "; they are (" + noise.size() + ", under "
                    + options.frames() + ", " + channels + ", " + options.height() + ", " + options.width() + ")");
        return drawn(first, condition, options, noise, progress);
    }

    /**
     * Clips continued, chunk by chunk of {@code options.frames()}.
     *
     * @param overlap last frames that a chunk sees, fewer than it has
     * @param frames of the result
     */
    public Tensor extend(Tensor clips, int overlap, int frames, Tensor condition, VideoOptions options, NoiseStreams noise,
            Progress progress) {
        if (overlap < 1 || overlap >= options.frames() || overlap > clips.size(1))
            throw new IllegalArgumentException("VideoDiffusion.extend: an overlap of " + overlap + " frames in chunks of "
                    + options.frames() + " after " + clips.size(1) + "; at least 1, and fewer than a chunk has");
        var parts = new ArrayList<Tensor>();
        parts.add(clips);
        long have = clips.size(1);
        for (var last = clips; have < frames; have += options.frames() - overlap) {
            last = animate(last.narrow(1, last.size(1) - overlap, overlap), condition, options, noise, progress);
            parts.add(last.narrow(1, overlap, options.frames() - overlap));
        }
        return Tensor.concat(1, parts.toArray(Tensor[]::new)).narrow(1, 0, frames).compute();
    }

    private Tensor drawn(Tensor first, Tensor condition, VideoOptions o, NoiseStreams noise, Progress progress) {
        return Autograd.noGrad(() -> {
            int channels = network.config().channels(), n = noise.size();
            if (condition != null && condition.size(0) != n) throw new ShapeException(
                    "VideoDiffusion: conditions " + condition.shape() + " for " + n + " streams of noise; a row for each");
            var start = noise.normal(network.config().dtype(), o.frames(), channels, o.height(), o.width());
            var beginnings = new int[n];
            if (first != null) {
                Arrays.fill(beginnings, (int) first.size(1));
                start = Tensor.concat(1, first, start.narrow(1, first.size(1), o.frames() - first.size(1)));
            }
            var state = Tensor.concat(2, start, known(beginnings, start));
            var velocity = o.guidance() == null ? network : o.guidance().guide(network);
            return matching.model(velocity).sample(state, condition, o.solver(), progress).narrow(2, 0, channels).contiguous().compute();
        });
    }
}
