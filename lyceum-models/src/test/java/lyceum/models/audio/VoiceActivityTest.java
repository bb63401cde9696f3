package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.Wav;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.nn.onnx.OnnxLimits;
import lyceum.nn.onnx.OnnxModel;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Golden values: {@code tools/golden/models_speech.py}. */
class VoiceActivityTest {
    private static final Path MODELS = Path.of("..", ".lyceum", "models");
    private static final List<Golden> CASES = Golden.load("golden/speech.json").list("cases");

    private static Port port(String name) { return new Port(name, null); }

    /** A network that takes what Silero's does and hears nothing. */
    private static OnnxModel deaf(String input) {
        var nodes = List.of(new Node("", "", "Sub", List.of(input, input), List.of("output"), new LinkedHashMap<>()),
                new Node("", "", "Identity", List.of("state"), List.of("stateN"), new LinkedHashMap<>()));
        var graph = new Graph("g", nodes, new LinkedHashMap<>(), List.of(port(input), port("state")),
                List.of(port("output"), port("stateN")), List.of());
        return OnnxModel.of(new OnnxFile(8, "", Map.of("", 16L), graph, List.of(), Map.of()), new OnnxLimits());
    }

    private static void same(List<VoiceActivity.Segment> got, Golden golden) {
        double[][] expected = golden.matrix("segments");
        assertThat(got).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(got.get(i).from()).isCloseTo(expected[i][0] / 16_000, within(1e-9));
            assertThat(got.get(i).to()).isCloseTo(expected[i][1] / 16_000, within(1e-9));
        }
    }

    @Test void segmentsFollowFromProbabilitiesAsSilerosToolHasThem() {
        var voice = new VoiceActivity(deaf("input"));
        double seconds = Wav.read(bytes()).seconds();
        int seen = 0;
        for (var golden : CASES) {
            same(voice.segments(golden.doubles("probabilities"), seconds), golden);
            seen += voice.segments(golden.doubles("probabilities"), seconds).size();
        }
        assertThat(seen).isEqualTo(15);
        assertThat(voice.segments(new double[0], 0)).isEmpty();
        assertThat(voice.segments(new double[] {0.9, 0.9}, 0.064)).isEmpty();
        assertThat(voice.withSpeech(0.05).segments(new double[] {0.9, 0.9}, 0.064)).containsExactly(new VoiceActivity.Segment(0, 0.064));
    }

    private static byte[] bytes() {
        try {
            return Files.readAllBytes(Path.of("..", "examples", "speech.wav"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Tag("slow")
    @Test void twoSentencesAreFoundByBothVersions() throws IOException {
        var sound = Wav.read(bytes());
        for (var golden : CASES.subList(0, 2)) {
            var file = MODELS.resolve(golden.text("name") + ".onnx");
            Assumptions.assumeTrue(Files.exists(file), "not here: " + file + " (tools/fetch-models)");
            var voice = VoiceActivity.load(file);
            double[] expected = golden.doubles("probabilities"), got = voice.probabilities(sound);
            assertThat(got).hasSize(expected.length);
            for (int i = 0; i < got.length; i++) assertThat(got[i]).as("chunk " + i).isCloseTo(expected[i], within(1e-4));
            same(voice.segments(sound), golden);
            var louder = new Sound(new float[][] {sound.channels()[0], sound.channels()[0]}, sound.rate()).resampled(48_000);
            assertThat(voice.segments(louder)).hasSize(2);
        }
    }

    @Test void otherNetworksAndSettingsAreRefused() {
        assertThatThrownBy(() -> new VoiceActivity(deaf("sound"))).isInstanceOf(FormatException.class).hasMessageContaining("sound");
        assertThatThrownBy(() -> new VoiceActivity(deaf("input")).withThreshold(1)).hasMessageContaining("(0, 1)");
        assertThat(new VoiceActivity(deaf("input")).withSilence(0.5).silence()).isEqualTo(0.5);
    }
}
