package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.scenes.MovingShapes;
import lyceum.models.generative.diffusion.VideoTransformerConfig.Looking;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VideoDiffusionTest {
    private static final MovingShapes WORLD = new MovingShapes(8, 8).withDirections(4);
    private static final MovingShapes STILL = new MovingShapes(8, 1);
    private static final int[] RIGHT = {1, 0, -1, 0}, DOWN = {0, 1, 0, -1};

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "video-diffusion", clause = 1)
    @Test void blocksArePutBackInPlace() {
        double back = 0, place = 0;
        long[][] shapes = {{2, 8, 3, 8, 12}, {1, 6, 1, 4, 4}, {3, 4, 2, 6, 2}, {1, 2, 4, 2, 8}};
        for (long[] shape : shapes) for (int time = 1; time <= 2; time++) for (int side = 1; side <= 2; side++) {
            var x = Tensor.randn(Rng.of(1), shape).compute();
            var patches = VideoTransformer.patchify(x, time, side);
            back = Math.max(back, gap(VideoTransformer.unpatchify(patches, time, side, (int) shape[3], (int) shape[4]), x));
            long rows = shape[3] / side, columns = shape[4] / side;
            var rng = Rng.of(2);
            for (int i = 0; i < 30; i++) {
                int n = rng.nextInt((int) shape[0]), f = rng.nextInt((int) shape[1]), c = rng.nextInt((int) shape[2]),
                        h = rng.nextInt((int) shape[3]), w = rng.nextInt((int) shape[4]);
                long token = (f / time * rows + h / side) * columns + w / side;
                long at = ((f % time * (long) side + h % side) * side + w % side) * shape[2] + c;
                place = Math.max(place, Math.abs(patches.get(n, token, at).item() - x.get(n, f, c, h, w).item()));
            }
        }
        Evidence.of("clips after there and back, off by", back, exactly(0));
        Evidence.of("pixels in their blocks, off by", place, exactly(0));
        assertThatThrownBy(() -> VideoTransformer.patchify(Tensor.zeros(1, 3, 1, 4, 4), 2, 2))
                .hasMessageContaining("do not fill (1, 3, 1, 4, 4)");
    }

    /** BOOL (T S, T S): pairs of one frame, or of one place. */
    private static Tensor mask(int frames, int places, boolean sameFrame) {
        int tokens = frames * places;
        var seen = new boolean[tokens * tokens];
        for (int i = 0; i < tokens; i++)
            for (int j = 0; j < tokens; j++) seen[i * tokens + j] = sameFrame ? i / places == j / places : i % places == j % places;
        return Tensor.of(seen, tokens, tokens);
    }

    @Acceptance(topic = "video-diffusion", clause = 2)
    @Test void factorisedAttentionIsMaskedJointAttention() {
        double worst = 0, apart = 1e9;
        for (int[] size : new int[][] {{8, 16}, {3, 5}, {1, 7}, {6, 1}}) {
            int frames = size[0], places = size[1];
            var rng = Rng.of(frames);
            Tensor q = Tensor.randn(rng, 2, 3, frames * places, 8).compute(), k = Tensor.randn(rng, 2, 3, frames * places, 8).compute();
            Tensor v = Tensor.randn(rng, 2, 3, frames * places, 8).compute();
            for (boolean space : new boolean[] {true, false}) {
                var kind = space ? SpaceTimeAttention.SPACE : SpaceTimeAttention.TIME;
                var joint = new Attention().withBias(mask(frames, places, space).reshape(1, 1, frames * places, frames * places));
                worst = Math.max(worst, gap(kind.of(q, k, v, frames), joint.of(q, k, v)));
                if (frames > 1 && places > 1)
                    apart = Math.min(apart, gap(kind.of(q, k, v, frames), SpaceTimeAttention.JOINT.of(q, k, v, frames)));
            }
            // one after the other, as a block does
            var first = SpaceTimeAttention.SPACE.of(q, k, v, frames);
            var masked = new Attention().withBias(mask(frames, places, true).reshape(1, 1, frames * places, frames * places)).of(q, k, v);
            var second = new Attention().withBias(mask(frames, places, false).reshape(1, 1, frames * places, frames * places)).of(masked,
                    masked, masked);
            worst = Math.max(worst, gap(SpaceTimeAttention.TIME.of(first, first, first, frames), second));
        }
        Evidence.of("factorised and masked joint attention, apart by", worst, atMost(1e-5));
        Evidence.of("without a mask, apart by", apart, above(0.1));
    }

    private static final int CLIPS = 2000;

    private static VideoDiffusion trained(Looking looking) {
        var clips = WORLD.draw(CLIPS, Rng.of(1));
        var network = new VideoTransformer(new VideoTransformerConfig(1, 1, 4, 48, 3, 4, 4).withLooking(looking), Rng.of(2));
        var video = new VideoDiffusion(network, new FlowMatching().withTimes(FlowMatching.Times.LOGIT_NORMAL));
        new Trainer(new AdamW(4e-3), 20)
                .withBatchSize(40).withClip(Clip.norm(1)).withAveraging(0.98).start(network, CLIPS,
                        video.over(scaled(clips.frames()), clips.direction(), ConditionDropout.ofClass(0.1, 4), 0.2), null, Rng.of(3))
                .finish(Progress.SILENT);
        return video;
    }

    private static Tensor asked(int n) {
        var directions = new long[n];
        for (int i = 0; i < n; i++) directions[i] = i % 4;
        return Tensor.of(directions);
    }

    private static VideoOptions options() {
        return new VideoOptions(8, 8).withGuidance(ClassifierFreeGuidance.ofClass(1.5, 4)).withSolver(new FlowModel.Solver.Euler(20));
    }

    private static Tensor scaled(Tensor frames) { return frames.mul(3).sub(0.2).compute(); }

    /**
     * Share of clips in which the middle of the light moves as asked, in both directions: to 0.4 of a pixel from every frame to the next, and to 0.7 from the
     * first to the last, 6 pixels away.
     */
    private static double moves(Tensor clips, Tensor directions) {
        int n = (int) clips.size(0), frames = (int) clips.size(1), right = 0;
        for (int i = 0; i < n; i++) {
            int d = (int) directions.get(i).item();
            boolean ok = true;
            double[] first = null, last = null;
            for (int f = 0; f < frames && ok; f++) {
                double[] middle = middle(light(clips.get(i, f, 0)));
                ok = middle != null && (last == null || moved(last, middle, d, 1, 0.4));
                if (f == 0) first = middle;
                last = middle;
            }
            if (ok && moved(first, last, d, frames - 1, 0.7)) right++;
        }
        return (double) right / n;
    }

    private static boolean moved(double[] from, double[] to, int direction, int frames, double tolerance) {
        double way = WORLD.speed() * frames;
        return Math.abs(to[0] - from[0] - way * RIGHT[direction]) < tolerance
                && Math.abs(to[1] - from[1] - way * DOWN[direction]) < tolerance;
    }

    private static double[] light(Tensor frame) { return frame.add(0.2).div(3).clamp(0, 1).to(DType.F64).flatten().toDoubleArray(); }

    /** Share of single frames that a square at the middle of their light explains, to half of its own sum of squares. */
    private static double squares(Tensor clips) {
        var frames = clips.reshape(-1, 8, 8).compute();
        int right = 0;
        for (int i = 0; i < frames.size(0); i++) {
            double[] pixels = light(frames.get(i)), middle = middle(pixels);
            if (middle == null) continue;
            double[] square = STILL.clip(middle[0] + 0.5, middle[1] + 0.5, 0, 0).to(DType.F64).flatten().toDoubleArray();
            double error = 0, own = 0;
            for (int p = 0; p < 64; p++) {
                error += (pixels[p] - square[p]) * (pixels[p] - square[p]);
                own += square[p] * square[p];
            }
            if (error < own / 2) right++;
        }
        return right / (double) frames.size(0);
    }

    /** Mean place of the light, in pixels; null unless there is about as much as a square of 2 x 2 has. */
    private static double[] middle(double[] pixels) {
        double mass = 0, x = 0, y = 0;
        for (int p = 0; p < 64; p++) {
            double light = pixels[p] < 0.1 ? 0 : pixels[p];
            mass += light;
            x += light * (p % 8);
            y += light * (p / 8);
        }
        return mass < 2 || mass > 7 ? null : new double[] {x / mass, y / mass};
    }

    @Tag("heavy")
    @Acceptance(topic = "video-diffusion", clause = 3)
    @Test void squaresMoveAsAsked() {
        var directions = asked(200);
        var truth = WORLD.draw(200, Rng.of(9));
        var frames = scaled(truth.frames());
        Evidence.of("true clips that the judge accepts", moves(frames, truth.direction()), exactly(1));
        for (int turn = 1; turn < 4; turn++)
            Evidence.of("with their directions turned", moves(frames, truth.direction().add(turn).mod(4)), exactly(0));
        Evidence.of("their frames that show a square", squares(frames), exactly(1));
        var noise = Rng.of(5);
        var drawn = trained(Looking.JOINT).sample(directions, options(), NoiseStreams.of(noise, 200), Progress.SILENT);
        Evidence.of("clips that move as asked", moves(drawn, directions), atLeast(0.8));
        var alone = trained(Looking.FRAMES).sample(directions, options(), NoiseStreams.of(noise, 200), Progress.SILENT);
        Evidence.of("clips of independent frames that do", moves(alone, directions), atMost(0.3));
        Evidence.of("though of their frames show a square", squares(alone), atLeast(0.5));
    }

    /** A network whose last maps are not zero, so that it says something. */
    private static VideoTransformer stirred(VideoTransformerConfig config) {
        var network = new VideoTransformer(config, Rng.of(1));
        Autograd.noGrad(() -> {
            int i = 0;
            for (var p : network.parameters().values()) p.add_(Tensor.randn(Rng.of(50 + i++), p.dtype(), p.shape().toArray()).mul(0.1));
        });
        return network;
    }

    @Acceptance(topic = "video-diffusion", clause = 4)
    @Test void firstFramesStay() {
        for (var looking : Looking.values()) {
            var video = new VideoDiffusion(stirred(new VideoTransformerConfig(2, 1, 2, 24, 2, 2, 4).withLooking(looking)),
                    new FlowMatching());
            for (int shown = 1; shown <= 3; shown++)
                for (var solver : new FlowModel.Solver[] {new FlowModel.Solver.Euler(5), new FlowModel.Solver.Heun(3)}) {
                    var first = Tensor.randn(Rng.of(shown), 3, shown, 2, 4, 6).compute();
                    var o = new VideoOptions(5, 4, 6, solver, ClassifierFreeGuidance.ofClass(3, 4));
                    var clip = video.animate(first, asked(3), o, NoiseStreams.seeds(1, 2, 3), Progress.SILENT);
                    Evidence.of("first frames, off by", gap(clip.narrow(1, 0, shown), first), atMost(1e-6));
                    var other = video.animate(first.mul(-1), asked(3), o, NoiseStreams.seeds(1, 2, 3), Progress.SILENT);
                    double heard = gap(other.narrow(1, shown, 5 - shown), clip.narrow(1, shown, 5 - shown));
                    if (looking != Looking.FRAMES) Evidence.of("later frames, changed by other first ones by", heard, above(1e-4));
                }
        }
    }

    @Acceptance(topic = "video-diffusion", clause = 5)
    @Test void factorisedPairsAreCounted() {
        for (int[] size : new int[][] {{8, 4, 4}, {5, 3, 3}, {16, 1, 4}}) {
            long t = size[0], s = (long) size[1] * size[2], pair = 2 * 2 * 2 * 4 * 6;
            Evidence.of("operations by pair of " + t + " frames of " + s + ", factorised",
                    attention(Looking.FACTORISED, size[0], size[1], size[2]) / (double) pair, exactly(t * s * s + s * t * t));
            Evidence.of("joint", attention(Looking.JOINT, size[0], size[1], size[2]) / (double) pair, exactly(t * s * t * s));
        }
    }

    /** Products of attention in one block of a transformer with 4 heads of 6, for two clips. */
    private static long attention(Looking looking, int frames, int rows, int columns) {
        var network = stirred(new VideoTransformerConfig(1, 1, 1, 24, 1, 4, 0).withLooking(looking));
        var x = Tensor.randn(Rng.of(3), 2, frames, 1, rows, columns).compute();
        var counter = FlopCounter.count(() -> Autograd.noGrad(() -> network.predict(x, 0.5, null).compute()));
        return counter.rows().stream().filter(r -> r.operation().startsWith("attention")).mapToLong(FlopCounter.Row::products).sum();
    }

    @Test void clipsOfAnySizeAndConditionsOfBothKinds(@TempDir Path folder) throws Exception {
        var config = new VideoTransformerConfig(1, 2, 2, 24, 2, 2, 0).withContextWidth(6).withLooking(Looking.FACTORISED);
        var network = stirred(config);
        var text = Tensor.randn(Rng.of(4), 2, 3, 6).compute();
        for (long[] shape : new long[][] {{2, 4, 1, 6, 4}, {2, 8, 1, 2, 2}}) {
            var x = Tensor.randn(Rng.of(3), shape).compute();
            assertThat(network.predict(x, 0.3, text).shape()).isEqualTo(x.shape());
            assertThat(gap(network.predict(x, 0.3, text), network.predict(x, 0.3, text.mul(-1)))).isGreaterThan(1e-4);
            assertThat(gap(network.predict(x, 0.3, text), network.predict(x, 0.9, text))).isGreaterThan(1e-4);
        }
        network.save(folder.resolve("video.safetensors"));
        var again = new VideoTransformer(config, Rng.of(8));
        again.load(folder.resolve("video.safetensors"));
        var x = Tensor.randn(Rng.of(3), 2, 4, 1, 6, 4).compute();
        assertThat(gap(again.predict(x, 0.3, text), network.predict(x, 0.3, text))).isZero();
        assertThatThrownBy(() -> network.predict(Tensor.zeros(1, 4, 3, 4, 4), 0.5, null))
                .hasMessageContaining("VideoTransformer: clips (1, 4, 3, 4, 4)");
        assertThatThrownBy(() -> new VideoTransformerConfig(1, 1, 2, 20, 2, 2, 0)).hasMessageContaining("width 20");
        var video = new VideoDiffusion(network, new FlowMatching());
        assertThat(video.extend(x, 2, 9, null, new VideoOptions(4, 6, 4, new FlowModel.Solver.Euler(2), null), NoiseStreams.seeds(1, 2),
                Progress.SILENT).shape().toArray()).containsExactly(2, 9, 1, 6, 4);
        assertThatThrownBy(() -> video.extend(x, 4, 9, null, new VideoOptions(4, 6), NoiseStreams.seeds(1, 2), Progress.SILENT))
                .hasMessageContaining("an overlap of 4 frames in chunks of 4");
        var clips = Tensor.zeros(2, 4, 1, 4, 4);
        assertThatThrownBy(() -> video.loss(clips, null, new int[] {1}, Pass.training(Rng.of(1))))
                .hasMessageContaining("1 beginnings for clips");
        assertThatThrownBy(() -> video.over(clips, Tensor.zeros(3, 1, 6), null, 0)).hasMessageContaining("conditions (3, 1, 6)");
        assertThatThrownBy(() -> video.loss(clips, null, new int[] {1, 4}, Pass.training(Rng.of(1))))
                .hasMessageContaining("4 frames of 4 are shown");
        assertThatThrownBy(() -> video.animate(x, null, new VideoOptions(4, 6, 4, new FlowModel.Solver.Euler(2), null),
                NoiseStreams.seeds(1, 2), Progress.SILENT)).hasMessageContaining("first frames");
        assertThat(Autograd.noGrad(() -> video.loss(x, text, new int[] {0, 1}, Pass.sampling(Rng.of(1))).item())).isFinite();
    }
}
