package lyceum.models.audio;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
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
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Digits that Debian's espeak-ng speaks, learned from some voices and written down from others. */
@Tag("heavy")
class SpokenDigitsTest {
    private static final Path PROGRAM = Path.of("/usr/bin/espeak-ng");
    private static final List<String> DIGITS = List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
    private static final List<String> ACCENTS = List.of("en-us", "en-gb", "en-gb-x-rp");
    /** Without those that differ from an unheard one in little but their pitch: m8 has the formants of m7, aunty those of f4. */
    private static final List<String> HEARD = List.of("m1", "m2", "m3", "m4", "m5", "f1", "f2", "f3", "Alex", "Andrea", "Andy", "Annie",
            "Diogo", "Gene", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Reed", "Storm", "Tweaky", "adam", "anika", "antonio",
            "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward", "grandma", "gustave", "iven", "klatt", "klatt2", "klatt3",
            "klatt4", "linda", "marcelo", "max", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby",
            "steph", "travis", "victor", "zac"), UNHEARD = List.of("m6", "m7", "f4", "f5", "Denis", "Alicia");
    private static final int LEARNED = 1600, JUDGED = 150, RATE = 8_000;

    @TempDir Path folder;

    private record Spoken(Path file, String voice, String text) {}

    private Spoken spoken(int number, List<String> voices, Rng rng) throws IOException, InterruptedException {
        var words = new ArrayList<String>();
        for (int n = rng.nextInt(3, 7); n > 0; n--) words.add(DIGITS.get(rng.nextInt(10)));
        var text = String.join(" ", words);
        var file = folder.resolve("clip" + number + ".wav");
        var voice = voices.get(rng.nextInt(voices.size()));
        var said = new ProcessBuilder(PROGRAM.toString(), "-v", ACCENTS.get(rng.nextInt(ACCENTS.size())) + "+" + voice, "-s",
                "" + rng.nextInt(120, 181), "-p", "" + rng.nextInt(30, 71), "-w", file.toString(), text).redirectErrorStream(true).start();
        var output = new String(said.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (said.waitFor() != 0) throw new AssertionError(voice + ": " + output);
        Wav.write(file, Wav.read(file).mono().resampled(RATE), Wav.Encoding.PCM_16); // once, not in each epoch
        return new Spoken(file, voice, text);
    }

    @Test void digitsOfVoicesThatWereNeverHeardAreWrittenDown(TestReporter reporter) throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "espeak-ng is not here");
        var rng = Rng.of(1);
        var lines = new ArrayList<String>();
        for (int i = 0; i < LEARNED; i++) {
            var clip = spoken(i, HEARD, rng);
            lines.add("{\"audio\": \"" + clip.file.getFileName() + "\", \"text\": \"" + clip.text + "\"}");
        }
        Files.write(folder.resolve("clips.jsonl"), lines);
        var json = """
                {"task": "speech",
                 "data": {"clips": "clips.jsonl", "rate": 8000, "bands": 32, "symbols": "words", "validation": 0.02,
                  "augment": ["speed 0.15", "bands 2 6", "frames 2 10"]},
                 "model": {"width": 64, "layers": 2, "halvings": 2, "kernel": 9, "dropout": 0.1},
                 "training": {"epochs": 30, "batch": 16, "rate": 0.004, "schedule": "linear", "warmUp": 0.1, "floor": 0.02, "clip": 5,
                  "averaging": 0.99}}
                """;
        new TrainingJob(TrainingSettings.of(folder.resolve("speech.json"), JsonMapper.shared().readTree(json)), folder.resolve("model"))
                .run(false, Progress.SILENT);
        var model = SpeechModel.load(folder.resolve("model"));
        int wrong = 0, all = 0;
        var wrongOf = new TreeMap<String, Integer>();
        for (int i = 0; i < JUDGED; i++) {
            var clip = spoken(LEARNED + i, UNHEARD, rng);
            var written = model.words(Wav.read(clip.file), 8, Progress.SILENT).stream().map(SpeechModel.Word::text)
                    .collect(Collectors.joining(" "));
            int edits = CtcDecoder.edits(numbers(clip.text), numbers(written));
            if (edits > 0) reporter.publishEntry(clip.voice + " says " + clip.text, written);
            wrongOf.merge(clip.voice, edits, Integer::sum);
            wrong += edits;
            all += numbers(clip.text).length;
        }
        reporter.publishEntry("wrong digits of " + all, wrongOf.toString());
        Evidence.of("digits of voices never heard", all, Bound.atLeast(450));
        Evidence.of("word error", (double) wrong / all, Bound.atMost(0.05));
    }

    private static int[] numbers(String text) {
        return text.isBlank() ? new int[0] : Arrays.stream(text.strip().split(" ")).mapToInt(DIGITS::indexOf).toArray();
    }
}
