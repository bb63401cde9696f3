package lyceum.models.audio;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import lyceum.data.sounds.Wav;
import lyceum.models.ready.SpeechModel;
import lyceum.nn.loss.CtcDecoder;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.task.TrainingJob;
import lyceum.train.task.TrainingSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Digits that Debian's espeak-ng speaks, learned from some voices and written down from others. */
@Tag("heavy")
class SpokenDigitsTest {
    private static final Path PROGRAM = Path.of("/usr/bin/espeak-ng");
    private static final List<String> DIGITS = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
    private static final List<String> ACCENTS = List.of("en-us", "en-gb", "en-gb-x-rp");
    private static final List<String> HEARD = List.of("m1", "m2", "m3", "m4", "m5", "f1", "f2", "f3", "Alex", "Andrea", "Annie", "Gene",
            "Lee"), UNHEARD = List.of("m6", "m7", "f4", "f5", "Denis", "Alicia");
    private static final int LEARNED = 900, JUDGED = 150;

    @TempDir Path folder;

    private record Spoken(Path file, String text) {}

    private Spoken spoken(int number, List<String> voices, Rng rng) throws IOException, InterruptedException {
        var words = new ArrayList<String>();
        for (int n = rng.nextInt(3, 7); n > 0; n--) words.add(DIGITS.get(rng.nextInt(10)));
        var text = String.join(" ", words);
        var file = folder.resolve("clip" + number + ".wav");
        var voice = ACCENTS.get(rng.nextInt(ACCENTS.size())) + "+" + voices.get(rng.nextInt(voices.size()));
        var said = new ProcessBuilder(PROGRAM.toString(), "-v", voice, "-s", "" + rng.nextInt(120, 181), "-p", "" + rng.nextInt(30, 71),
                "-w", file.toString(), text).redirectErrorStream(true).start();
        var output = new String(said.getInputStream().readAllBytes());
        if (said.waitFor() != 0) throw new AssertionError(voice + ": " + output);
        return new Spoken(file, text);
    }

    @Test void digitsOfVoicesThatWereNeverHeardAreWrittenDown() throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "espeak-ng is not here");
        var rng = Rng.of(1);
        var lines = new ArrayList<String>();
        for (int i = 0; i < LEARNED; i++) {
            var clip = spoken(i, HEARD, rng);
            lines.add("{\"audio\": \"" + clip.file.getFileName() + "\", \"text\": \"" + clip.text + "\"}");
        }
        Files.write(folder.resolve("clips.jsonl"), lines);
        var json = """
                {"task": "speech", "data": {"clips": "clips.jsonl", "rate": 8000, "bands": 32, "symbols": "words", "validation": 0.02},
                 "model": {"width": 48, "layers": 2, "halvings": 2, "kernel": 9, "dropout": 0.1},
                 "training": {"epochs": 14, "batch": 12, "rate": 0.004, "schedule": "linear", "warmUp": 0.1, "floor": 0.05, "clip": 5}}
                """;
        new TrainingJob(TrainingSettings.of(folder.resolve("speech.json"), JsonMapper.shared().readTree(json)), folder.resolve("model"))
                .run(false, Progress.SILENT);
        var model = SpeechModel.load(folder.resolve("model"));
        int wrong = 0, all = 0;
        for (int i = 0; i < JUDGED; i++) {
            var clip = spoken(LEARNED + i, UNHEARD, rng);
            var written = model.words(Wav.read(clip.file), 8, Progress.SILENT).stream().map(SpeechModel.Word::text)
                    .collect(Collectors.joining(" "));
            wrong += CtcDecoder.edits(numbers(clip.text), numbers(written));
            all += numbers(clip.text).length;
        }
        Evidence.of("word error", (double) wrong / all, Bound.atMost(0.05));
    }

    private static int[] numbers(String text) {
        return text.isBlank() ? new int[0] : Arrays.stream(text.strip().split(" ")).mapToInt(DIGITS::indexOf).toArray();
    }
}
