package lyceum.models.audio;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.sounds.Sound;
import lyceum.nn.onnx.OnnxModel;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Where somebody speaks, by Silero's network of version 4 or 5 in ONNX (MIT): it hears 32 ms after 32 ms, keeps a state between them, and gives each the
 * probability that there is speech. Speech begins where that is {@code threshold} and ends where it has been below {@code threshold - 0.15}, or
 * 0.01 if that is more, for {@code silence} seconds.
 *
 * {@snippet :
 * var voice = VoiceActivity.load(Path.of(".lyceum/models/silero_vad_v5.onnx"));
 * for (var part : voice.segments(Wav.read(Path.of("speech.wav")))) System.out.println(part.from() + " s to " + part.to() + " s");
 * }
 *
 * <p>Immutable and safe to share between threads. Sounds of any rate and number of channels are brought to one channel of 16 kHz.
 *
 * @param network Silero's
 * @param threshold probability from which on it is speech, 0.5 by default
 * @param speech seconds of the shortest speech that counts, 0.25 by default
 * @param silence seconds of the shortest pause that parts two, 0.1 by default
 * @param margin seconds that are added before and behind, at most half of a pause; 0.03 by default
 */
@Withers
public record VoiceActivity(OnnxModel network, double threshold, double speech, double silence, double margin)
        implements VoiceActivityWithers {
    private static final int RATE = 16_000, CHUNK = 512, CONTEXT = 64;
    private static final double SLACK = 0.15, FLOOR = 0.01;

    /** From a second to another one. */
    public record Segment(double from, double to) {}

    public VoiceActivity {
        if (!(threshold > 0 && threshold < 1) || !(speech >= 0) || !(silence >= 0) || !(margin >= 0))
            throw new IllegalArgumentException("VoiceActivity: threshold " + threshold + ", speech " + speech + ", silence " + silence
                    + ", margin " + margin + "; threshold lies in (0, 1), no time is negative");
        var names = network.inputs().stream().map(port -> port.name()).toList();
        if (!names.contains("input") || !names.contains("state") && !names.containsAll(List.of("h", "c"))) throw new FormatException(
                "VoiceActivity: the network takes " + names + "; Silero's takes \"input\" and \"state\", or \"input\", \"h\" and \"c\"");
    }

    /** By Silero's defaults. */
    public VoiceActivity(OnnxModel network) { this(network, 0.5, 0.25, 0.1, 0.03); }

    /** A file of Silero's. */
    public static VoiceActivity load(Path file) throws IOException { return new VoiceActivity(OnnxModel.load(file)); }

    /** The probability of speech in each 32 ms, the last one filled up with silence. */
    public double[] probabilities(Sound sound) {
        var heard = sound.mono();
        float[] samples = (heard.rate() == RATE ? heard : heard.resampled(RATE)).channels()[0];
        var names = network.inputs().stream().map(port -> port.name()).toList();
        boolean five = names.contains("state");
        int before = five ? CONTEXT : 0; // the fifth version hears the end of the last chunk again
        Map<String, Tensor> state = new HashMap<>();
        if (five) state.put("state", Tensor.zeros(2, 1, 128));
        else for (var name : List.of("h", "c")) state.put(name, Tensor.zeros(2, 1, 64));
        if (names.contains("sr")) state.put("sr", Tensor.full(DType.I64, RATE));
        var all = new double[Math.ceilDiv(samples.length, CHUNK)];
        for (int i = 0; i < all.length; i++) {
            var chunk = new float[before + CHUNK];
            int from = Math.max(0, i * CHUNK - before), to = Math.min(samples.length, (i + 1) * CHUNK);
            System.arraycopy(samples, from, chunk, from - i * CHUNK + before, to - from);
            state.put("input", Tensor.of(chunk, 1, chunk.length));
            var out = network.run(state);
            all[i] = out.get("output").item();
            if (five) state.put("state", out.get("stateN"));
            else {
                state.put("h", out.get("hn"));
                state.put("c", out.get("cn"));
            }
        }
        return all;
    }

    /** The parts in which somebody speaks, in order. */
    public List<Segment> segments(Sound sound) { return segments(probabilities(sound), sound.seconds()); }

    /** Those that probabilities of each 32 ms tell of. */
    List<Segment> segments(double[] probabilities, double seconds) {
        var parts = new ArrayList<double[]>();
        double chunk = (double) CHUNK / RATE, begin = -1, quiet = -1;
        for (int i = 0; i <= probabilities.length; i++) {
            double at = Math.min(i * chunk, seconds);
            boolean isEnd = i == probabilities.length;
            if (!isEnd && probabilities[i] >= threshold) {
                if (begin < 0) begin = at;
                quiet = -1;
            } else if (begin >= 0 && (isEnd || probabilities[i] < Math.max(FLOOR, threshold - SLACK))) {
                if (isEnd || quiet < 0) quiet = at;
                if (!isEnd && at - quiet < silence - 1e-9) continue;
                if (quiet - begin > speech) parts.add(new double[] {begin, quiet});
                begin = quiet = -1;
            }
        }
        var found = new Segment[parts.size()];
        for (int i = 0; i < found.length; i++) {
            double pause = i == 0 ? 2 * parts.get(0)[0] : parts.get(i)[0] - parts.get(i - 1)[1];
            double rest = i == found.length - 1 ? 2 * (seconds - parts.get(i)[1]) : parts.get(i + 1)[0] - parts.get(i)[1];
            found[i] = new Segment(parts.get(i)[0] - Math.min(margin, pause / 2), parts.get(i)[1] + Math.min(margin, rest / 2));
        }
        return Arrays.asList(found);
    }
}
