package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.sounds.Melodies;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.testing.Fuzz;
import lyceum.train.Trainer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeuralAudioCodecTest {
    private static final AudioCodecConfig TINY = new AudioCodecConfig(8_000, 1, 4, List.of(2, 3), new VectorQuantizerConfig(16, 6), 3, 0,
            true);

    private static Tensor notes(int clips, int samples, Rng rng) {
        var world = new Melodies(8_000, 512);
        var all = new Tensor[clips];
        for (int i = 0; i < clips; i++) {
            var style = Melodies.Style.values()[rng.nextInt(5)];
            var timbre = Melodies.Timbre.values()[rng.nextInt(3)];
            all[i] = world.play(style.draw(samples / 512, rng), timbre, rng).tensor();
        }
        return Tensor.stack(0, all).compute();
    }

    @Acceptance(topic = "encodec", clause = 3)
    @Test void bitrateIsFramesTimesBooksTimesBitsAndPackingRoundTrips() {
        var encodec = AudioCodecConfig.encodec24();
        assertThat(encodec.frameRate()).isEqualTo(75);
        Evidence.of("bits a second of 24 kHz, 75 Hz, 8 x 1024", encodec.bitrate(8), Bound.exactly(6_000));
        int trips = 0, sizes = 0;
        var rng = Rng.of(1);
        for (int codes : new int[] {2, 3, 16, 100, 1000, 1024, 4096}) for (int books = 1; books <= 8; books++) {
            double bits = Math.log(codes) / Math.log(2);
            assertThat(encodec.withBook(encodec.book().withCodes(codes)).bitrate(books)).isCloseTo(75 * books * bits, Offset.offset(1e-9));
            int frames = rng.nextInt(100);
            var ids = Tensor.randint(rng, 0, codes, books, frames);
            var packed = CodeStream.pack(ids, codes);
            if (packed.length == 16 + (long) Math.ceil(frames * books * Math.ceil(bits - 1e-9) / 8)) sizes++;
            if (Arrays.equals(CodeStream.unpack(packed).toLongArray(), ids.toLongArray())) trips++;
        }
        Evidence.of("codes that come back, of 56", trips, Bound.exactly(56));
        Evidence.of("files of so many bits, of 56", sizes, Bound.exactly(56));
        long second = CodeStream.pack(Tensor.randint(rng, 0, 1024, 8, 75), 1024).length - 16;
        Evidence.of("bits packed for a second of 8 x 1024 at 75 Hz", 8 * second, Bound.exactly(6_000));
    }

    @Test void packedCodesFromElsewhereAreChecked() {
        var packed = CodeStream.pack(Tensor.randint(Rng.of(1), 0, 100, 3, 20), 100);
        assertThatThrownBy(() -> CodeStream.pack(Tensor.of(new long[] {100}, 1, 1), 100))
                .hasMessageContaining("code 100; they are 0 to 99");
        var report = Fuzz.of(packed, CodeStream.pack(Tensor.zeros(DType.I64, 2, 5), 1)).allowing(FormatException.class).mutants(5_000,
                CodeStream::unpack);
        assertThat(report.refused()).isBetween(500, 4_990);
    }

    @Acceptance(topic = "encodec", clause = 4)
    @Test void chunksOfAnySizeGiveWhatTheWholeFileGives() {
        double gap = 0;
        int codes = 0, same = 0;
        for (int lstm = 0; lstm <= 2; lstm++) for (int seed = 1; seed <= 4; seed++) {
            var rng = Rng.of(seed);
            var codec = new NeuralAudioCodec(TINY.withLstmLayers(lstm), rng);
            var x = Tensor.randn(rng, 2, 1, 501);
            codec.quantizer().start(codec.latents(x, Pass.inference()), 20, rng);
            var whole = codec.encode(x);
            var sound = codec.decode(whole);
            assertThat(sound.shape().toArray()).containsExactly(2, 1, 504);
            assertThat(sound.var(2, false).min().item()).isPositive();
            var stream = codec.stream();
            long frames = 0, samples = 0;
            for (int at = 0; at <= 501;) {
                int n = Math.min(1 + rng.nextInt(40), 501 - at);
                var some = n == 0 ? stream.finish(3) : stream.encode(x.narrow(2, at, n), 3);
                codes += (int) some.count();
                same += (int) some.eq(whole.narrow(2, frames, some.size(2))).countNonZero().item();
                frames += some.size(2);
                if (some.size(2) > 0) {
                    var piece = stream.decode(some);
                    gap = Math.max(gap, piece.sub(sound.narrow(2, samples, piece.size(2))).abs().max().item());
                    samples += piece.size(2);
                }
                at += Math.max(1, n);
            }
            assertThat(frames).isEqualTo(84);
            assertThat(samples).isEqualTo(504);
        }
        Evidence.of("largest gap of a sample between chunks and the whole", gap, Bound.atMost(1e-5));
        Evidence.of("codes compared", codes, Bound.exactly(12 * 2 * 3 * 84));
        Evidence.of("codes that differ", codes - same, Bound.exactly(0));
    }

    @Acceptance(topic = "encodec", clause = 5)
    @Tag("heavy")
    @Test void everyBookMakesNotesClearer() {
        var rng = Rng.of(1);
        var codec = new NeuralAudioCodec(AudioCodecConfig.small().withStrides(List.of(4, 4)).withBook(new VectorQuantizerConfig(8, 32)),
                rng);
        var sounds = notes(256, 1_024, rng);
        var objective = new CodecObjective().withSpectral(0);
        var trainer = new Trainer(new Adam(4e-3), 40).withBatchSize(16).withSchedule(new Schedule.Cosine(40 * 16));
        trainer.start(codec, 256, objective.over(codec, sounds), null, rng).finish(Progress.SILENT);
        var fresh = notes(64, 4_096, Rng.of(99));
        var ratios = new double[9];
        for (int books = 1; books <= 8; books++)
            ratios[books] = SignalRatio.siSnr(codec.decode(codec.encode(fresh, books)), fresh).mean().item();
        Evidence.of("least rise of SI-SNR with a book (dB)",
                DoubleStream.iterate(2, b -> b <= 8, b -> b + 1).map(b -> ratios[(int) b] - ratios[(int) b - 1]).min().orElseThrow(),
                Bound.above(0));
        Evidence.of("rise of SI-SNR from 1 to 8 books (dB)", ratios[8] - ratios[1], Bound.atLeast(6));
    }

    @Test void ratiosAreThoseOfTheirDefinitions() {
        var x = Tensor.of(1.0, -1, 2, -2);
        var noise = Tensor.of(1.0, 1, 0.5, 0.5).mul(0.1); // orthogonal to x; of mean 0.075
        double noisePower = 0.0225 + 0.0025; // of the whole
        assertThat(SignalRatio.snr(x.add(noise), x).item()).isCloseTo(10 * Math.log10(10 / noisePower), Offset.offset(1e-9));
        double centred = noisePower - 4 * 0.075 * 0.075;
        for (double scale : new double[] {1, -3, 0.01})
            assertThat(SignalRatio.siSnr(x.add(noise).mul(scale).add(5), x).item()).isCloseTo(10 * Math.log10(10 / centred),
                    Offset.offset(1e-6));
    }

    @Test void spectraAreTheTransformsOfWindowedFrames() {
        var x = Tensor.randn(Rng.of(2), DType.F64, 100);
        var stft = new Stft(16, 5);
        var power = stft.power(x);
        assertThat(power.shape().toArray()).containsExactly(17, 9);
        var samples = x.toDoubleArray();
        for (int t = 0; t < 17; t++) for (int k = 0; k < 9; k++) {
            double re = 0, im = 0;
            for (int n = 0; n < 16; n++) {
                double v = samples[5 * t + n] * Math.pow(Math.sin(Math.PI * n / 16), 2);
                re += v * Math.cos(2 * Math.PI * k * n / 16);
                im += v * Math.sin(2 * Math.PI * k * n / 16);
            }
            assertThat(power.item(t, k)).isCloseTo(re * re + im * im, Offset.offset(1e-9));
        }
        var loss = new SpectralLoss(16, 32, 4_096);
        assertThat(loss.of(x, x).item()).isZero();
        assertThat(loss.of(x.mul(0.5), x).item()).isCloseTo(0.5 + Math.log(2), Offset.offset(1e-2));
        assertThatThrownBy(() -> new SpectralLoss(256).of(x, x)).isInstanceOf(ShapeException.class).hasMessageContaining("shorter");
    }

    @Test void criticAndCodecLearnByTurns() {
        var rng = Rng.of(3);
        var codec = new NeuralAudioCodec(TINY, rng);
        var critic = new SpectralCritic(4, DType.F32, rng, 32, 64);
        var sounds = notes(16, 1_024, rng);
        var objective = new CodecObjective().withSpectra(new SpectralLoss(32, 128));
        double before = objective.loss(codec, null, sounds, Pass.inference()).item();
        var losses = objective.fit(codec, critic, sounds, new Adam(3e-3), 40, 4, rng, Progress.SILENT);
        double[] first = losses.narrow(0, 0, 5).mean(0).toDoubleArray(), last = losses.narrow(0, 35, 5).mean(0).toDoubleArray();
        assertThat(objective.loss(codec, null, sounds, Pass.inference()).item()).isLessThan(0.9 * before);
        assertThat(first[1]).isBetween(1.8, 2.2); // it knows nothing yet
        assertThat(last[1]).isLessThan(1.5);
        double real = critic.forward(sounds).mean().item();
        assertThat(real).isGreaterThan(critic.forward(codec.forward(sounds)).mean().item());
        assertThatThrownBy(() -> objective.withFeatures(-1)).hasMessageContaining("features -1.0");
    }

    @Test void isSavedAndSpeaksOfBadInput(@TempDir Path folder) throws IOException {
        var codec = new NeuralAudioCodec(TINY.withLstmLayers(1), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 1, 1, 60);
        codec.forward(x, Pass.training(Rng.of(3)));
        codec.save(folder.resolve("codec.safetensors"));
        var other = new NeuralAudioCodec(TINY.withLstmLayers(1), Rng.of(9));
        other.load(folder.resolve("codec.safetensors"));
        assertThat(other.decode(other.encode(x)).toFloatArray()).containsExactly(codec.decode(codec.encode(x)).toFloatArray());
        assertThat(codec.forward(x.narrow(2, 0, 50)).shape().toArray()).containsExactly(1, 1, 50);
        assertThatThrownBy(() -> codec.encode(Tensor.zeros(1, 2, 60))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(batch, 1, samples)");
        assertThatThrownBy(() -> codec.encode(x, 4)).hasMessageContaining("4 books; there are 1 to 3");
        assertThatThrownBy(() -> TINY.bitrate(0)).hasMessageContaining("0 books");
        assertThat(new NeuralAudioCodec(AudioCodecConfig.encodec24(), Rng.of(1)).encode(Tensor.zeros(1, 1, 640)).shape().toArray())
                .containsExactly(1, 8, 2);
    }
}
