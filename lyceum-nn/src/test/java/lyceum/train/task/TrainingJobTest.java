package lyceum.train.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.nn.MlpConfig;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.ForcedFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class TrainingJobTest {
    private static final String PARITY = """
            {"task": "parity", "data": {"bits": 4}, "model": {"hidden": [16, 8]}, "checkpoint": {"steps": 3}, "metrics": {"steps": 2},
             "training": {"epochs": 12, "batch": 5, "rate": 0.02, "warmUp": 0.1, "clip": 1}}""";

    @TempDir private Path folder;

    private TrainingSettings settings(String json) {
        return TrainingSettings.of(folder.resolve("parity.json"), JsonMapper.shared().readTree(json));
    }

    private TrainingJob job(String json, String out) { return new TrainingJob(settings(json), folder.resolve(out)); }

    @Test void aRunThatIsStoppedAnywhereAndResumedIsTheRunThatWasNot() throws IOException {
        for (var options : List.of("", "\"averaging\": 0.8, ", "\"keep\": \"best\", \"patience\": 9, ",
                "\"accumulate\": 5, \"optimizer\": \"sgd\", ")) {
            var json = PARITY.replace("\"epochs\"", options + "\"epochs\"");
            var name = options.replaceAll("\\W", "");
            var whole = job(json, "whole" + name).run(false, Progress.SILENT);
            assertThat(whole.finished()).isTrue();
            var random = new SplittableRandom(name.hashCode());
            int stops = 0;
            for (boolean resume = false;; resume = true) {
                int[] left = {1 + random.nextInt(16)};
                Progress stopping = new Progress() {
                    @Override public void report(Update update) { left[0]--; }

                    @Override public boolean isCancelled() { return left[0] <= 0; }
                };
                if (job(json, "parts" + name).run(resume, stopping).finished()) break;
                stops++;
            }
            assertThat(stops).as(options).isPositive();
            for (var file : List.of("model.safetensors", "run.safetensors"))
                assertThat(Files.mismatch(folder.resolve("whole" + name).resolve(file), folder.resolve("parts" + name).resolve(file)))
                        .as(options + file).isEqualTo(-1);
            assertThat(told("parts" + name)).isEqualTo(told("whole" + name)).isNotEmpty();
            assertThat(job(json, "parts" + name).run(true, Progress.SILENT).figures()).isEqualTo(whole.figures());
        }
    }

    /** What the metrics say, but for speed. */
    private List<String> told(String out) throws IOException {
        return MetricsLog.read(folder.resolve(out).resolve("metrics.jsonl")).stream().map(line -> {
            line.values().remove("rowsPerSecond");
            return line.toString();
        }).toList();
    }

    @Test void stepsEndARunInTheMidstOfAnEpoch() throws IOException {
        var epochs = new ArrayList<Integer>();
        var notes = new ArrayList<String>();
        var outcome = job(PARITY.replace("\"epochs\": 12", "\"steps\": 6"), "steps").telling(notes::add)
                .afterEpochs(e -> epochs.add(e.number())).run(false, Progress.SILENT);
        assertThat(outcome.steps()).isEqualTo(6);
        assertThat(epochs).containsExactly(0);
        assertThat(notes).containsExactly("16 rows");
        assertThat(outcome.figures()).containsKeys("validation", "right", "test right");
        assertThat(folder.resolve("steps/curve.svg")).content().startsWith("<svg");
        assertThat(MetricsLog.read(folder.resolve("steps/metrics.jsonl")).stream().map(l -> l.kind() + l.step())).containsExactly("step1",
                "step2", "step4", "epoch4", "step6", "final6");
        assertThat(job(PARITY.replace("\"bits\": 4", "\"bits\": 4, \"held\": false"), "plain").run(false, Progress.SILENT).figures())
                .containsOnlyKeys("test right");
    }

    @Test void aFolderKeepsItsRun() throws IOException {
        assertThatThrownBy(() -> job(PARITY, "run").run(true, Progress.SILENT)).hasMessageContaining("holds no run to continue");
        job(PARITY, "run").run(false, Progress.SILENT);
        assertThatThrownBy(() -> job(PARITY, "run").run(false, Progress.SILENT)).isInstanceOf(IOException.class)
                .hasMessageContaining("holds a run; continue it with --resume");
        assertThatThrownBy(() -> job(PARITY.replace("\"rate\": 0.02", "\"rate\": 0.03"), "run").run(true, Progress.SILENT))
                .isInstanceOf(FormatException.class).hasMessageContaining("parity.json: training: it is {")
                .hasMessageContaining("goes on with the same");
        var checkpoint = folder.resolve("run/run.safetensors");
        Files.write(checkpoint, Arrays.copyOf(Files.readAllBytes(checkpoint), 100));
        assertThatThrownBy(() -> job(PARITY, "run").run(true, Progress.SILENT)).isInstanceOf(FormatException.class);
        Files.writeString(folder.resolve("run/training.json"), "{");
        assertThatThrownBy(() -> job(PARITY, "run").run(true, Progress.SILENT)).isInstanceOf(FormatException.class);
    }

    @Test void aRunDoesNotGoOnUnseenWhereItsDataHaveChanged() throws IOException {
        var rows = Files.writeString(folder.resolve("rows.txt"), "0101");
        var json = PARITY.replace("\"bits\": 4", "\"bits\": 4, \"file\": \"rows.txt\"");
        assertThat(job(json, "run").run(false, Progress.SILENT).finished()).isTrue();
        assertThat(job(json, "run").run(true, Progress.SILENT).finished()).isTrue();
        Files.writeString(rows, "0111");
        assertThatThrownBy(() -> job(json, "run").run(true, Progress.SILENT)).isInstanceOf(FormatException.class)
                .hasMessageContaining("parity.json: data: they have changed: 1 file of 4 bytes, and the run in ")
                .hasMessageContaining("began with as many of other contents");
        Files.writeString(rows, "01110");
        assertThatThrownBy(() -> job(json, "run").run(true, Progress.SILENT)).hasMessageContaining("1 file of 5 bytes")
                .hasMessageContaining("began with 1 file of 4 bytes; name another folder to begin anew, or accept the change");
        var notes = new ArrayList<String>();
        assertThat(job(json, "run").acceptingChangedData(true).telling(notes::add).run(true, Progress.SILENT).finished()).isTrue();
        assertThat(notes).anyMatch(note -> note.startsWith("the data have changed: 1 file of 5 bytes"));
        assertThat(job(json, "run").run(true, Progress.SILENT).finished()).as("known from then on").isTrue();
    }

    /** A list that stays as it is may name files that do not. */
    @Test void filesThatAFileNamesAreAmongTheDataOfARun() throws IOException {
        var clip = Files.writeString(Files.createDirectories(folder.resolve("clips")).resolve("1.wav"), "one");
        Files.writeString(folder.resolve("clips.txt"), "clips/1.wav");
        var json = PARITY.replace("\"bits\": 4", "\"bits\": 4, \"list\": \"clips.txt\"");
        assertThat(job(json, "run").run(false, Progress.SILENT).finished()).isTrue();
        assertThat(JsonMapper.shared().readTree(Files.readString(folder.resolve("run/training.json"))).path("read").path("files").asInt())
                .isEqualTo(2);
        assertThat(job(json, "run").run(true, Progress.SILENT).finished()).isTrue();
        Files.writeString(clip, "two");
        assertThatThrownBy(() -> job(json, "run").run(true, Progress.SILENT)).isInstanceOf(FormatException.class)
                .hasMessageContaining("data: they have changed: 2 files of 14 bytes").hasMessageContaining("as many of other contents");
    }

    @Test void whatTheRunsOwnFoldersHoldIsCountedOnce() throws IOException {
        var data = Files.createDirectories(folder.resolve("data"));
        var inside = Files.writeString(data.resolve("a.png"), "a");
        var settings = settings("{\"train\": \"data\"}");
        settings.path("train");
        settings.reads(List.of(inside, folder.resolve("b.png"), folder.resolve("data/../b.png")));
        assertThat(settings.files()).containsExactly(data.toAbsolutePath(), folder.resolve("b.png").toAbsolutePath());
    }

    @Test void asManyOtherClassesAreNoChangeOfTheDataThatCanBeAccepted() throws IOException {
        var rows = Files.writeString(folder.resolve("rows.txt"), "eo");
        var json = PARITY.replace("\"bits\": 4", "\"bits\": 4, \"file\": \"rows.txt\"");
        assertThat(job(json, "run").run(false, Progress.SILENT).finished()).isTrue();
        Files.writeString(rows, "oe");
        assertThatThrownBy(() -> job(json, "run").acceptingChangedData(true).run(true, Progress.SILENT)).isInstanceOf(FormatException.class)
                .hasMessageContaining("parity.json: data: its classes are o, e; the run in ")
                .hasMessageContaining("has learned e, o, in that order; restore them, or name another folder to begin anew");
        Files.writeString(rows, "eo and more");
        assertThat(job(json, "run").acceptingChangedData(true).run(true, Progress.SILENT).finished()).isTrue();
    }

    @Test void whatIsWrongIsNamedByItsPlaceBeforeAnythingIsTrained() {
        refused(PARITY.replace("bits", "bitts"), "data.bitts: it is not known; known in data are bits, file, held, list");
        refused(PARITY.replace("\"task\": \"parity\"", "\"task\": \"pairty\""), "task: it is pairty; there are parity");
        refused(PARITY.replace("\"task\": \"parity\", ", ""), "task: it is missing");
        refused(PARITY.replace("\"epochs\": 12", "\"epochs\": 12, \"steps\": 3"), "training.steps: it says epochs and steps");
        refused(PARITY.replace("\"rate\": 0.02", "\"rate\": \"fast\""), "training.rate: it is a number of at least 0.0; it is \"fast\"");
        refused(PARITY.replace("\"rate\": 0.02", "\"optimizer\": \"adam\", \"beta1\": 1"),
                "training.beta1: it is a number from 0.0 to 0.999999; it is 1");
        refused(PARITY.replace("\"rate\": 0.02", "\"accumulate\": 3"), "training.accumulate: it must divide the batch of 5; it is 3");
        refused(PARITY.replace("{\"bits\": 4}", "{\"held\": false}").replace("\"rate\": 0.02", "\"keep\": \"best\""),
                "training.keep: it needs rows that are held out");
        refused(PARITY.replace("[16, 8]", "[16, -8]"), "model: configuration: MlpConfig: a hidden layer has width -8");
        refused(PARITY.replace("[16, 8]", "\"wide\""), "model: ");
        refused(PARITY.replace("{\"bits\": 4}", "7"), "data: it holds names with values; it is 7");
        assertThat(folder.resolve("none/training.json")).doesNotExist();
    }

    private void refused(String json, String message) {
        assertThatThrownBy(() -> job(json, "none").run(false, Progress.SILENT)).as(json).isInstanceOf(FormatException.class)
                .hasMessageContaining("parity.json: " + message);
    }

    @Test void everyRuleAndScheduleTrains() throws IOException {
        for (var rule : List.of("adamw", "adam", "sgd", "rmsprop", "lion", "muon")) trains(rule, "linear");
        for (var schedule : List.of("cosine", "onecycle", "constant")) trains("sgd", schedule);
    }

    private void trains(String rule, String schedule) throws IOException {
        var json = PARITY.replace("\"epochs\": 12", "\"epochs\": 2, \"optimizer\": \"" + rule + "\", \"schedule\": \"" + schedule + "\"");
        assertThat(job(json, rule + schedule).run(false, Progress.SILENT).steps()).isEqualTo(8);
        var rates = MetricsLog.read(folder.resolve(rule + schedule + "/metrics.jsonl")).stream().filter(l -> l.kind().equals("step"))
                .map(l -> l.values().get("rate")).toList();
        assertThat(rates).allSatisfy(rate -> assertThat(rate).isBetween(0.0, 0.02));
        if (schedule.equals("constant")) assertThat(rates.getLast()).isEqualTo(0.02);
        else assertThat(rates.getLast()).isLessThan(rates.get(1));
    }

    @Test void aLineThatWasBeingWrittenIsNotRead() throws IOException {
        var file = folder.resolve("metrics.jsonl");
        Files.writeString(file, """
                {"kind":"step","step":1,"loss":2.5}
                {"kind":"step","step":2,"loss":null}
                {"kind":"step","step":3,"lo""");
        assertThat(MetricsLog.read(file)).hasSize(2);
        assertThat(MetricsLog.read(file).getLast().values().get("loss")).isNaN();
        try (var log = MetricsLog.after(1, file)) {
            log.add("step", 2, Map.of("loss", 1.5));
        }
        assertThat(MetricsLog.read(file).stream().map(l -> l.step() + " " + l.values().get("loss"))).containsExactly("1 2.5", "2 1.5");
    }

    /** A run that goes on writes its lines anew: a power cut leaves those of before or these. */
    @Test void linesThatAreKeptAreOnTheDisk() throws Exception {
        var file = Files.writeString(folder.resolve("metrics.jsonl"), "{\"kind\":\"step\",\"step\":1,\"loss\":2.5}\n");
        assertThat(ForcedFiles.below(folder, () -> MetricsLog.after(1, file).close())).containsExactly("metrics.jsonl", "");
    }

    @Test void aRecordTakesWhatIsNamed() {
        var settings = settings("{\"model\": {\"hidden\": [3], \"dropout\": 0.5, \"inputs\": 9}}").section("model");
        assertThat(settings.record(MlpConfig.classifier(4, 2, 16), "inputs")).isEqualTo(MlpConfig.classifier(4, 2, 3).withDropout(0.5));
        assertThatThrownBy(settings::refuseUnknown).hasMessageContaining("model.inputs: it is not known");
    }

    /** A file that was changed at random trains, or is refused with its place; nothing else happens. */
    @Test void mutantsOfAFileAreRefusedOrRead() {
        var random = new SplittableRandom(5);
        int read = 0;
        for (int i = 0; i < 5000; i++) {
            var bytes = PARITY.replaceAll("\"checkpoint.*?},|\"metrics.*?},", "").getBytes();
            for (int k = random.nextInt(1, 4); k > 0; k--) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(32, 127);
            try {
                var settings = settings(new String(bytes));
                var prepared = TrainingTask.named(settings).prepare(settings, folder, Rng.of(1), Progress.SILENT);
                TrainingPlan.of(settings, prepared.rows(), prepared.holdsOut());
                settings.refuseUnknown();
                read++;
            } catch (JacksonException | IOException e) {
                continue; // no JSON: the command says where
            } catch (LyceumException e) {
                assertThat(e).isInstanceOf(FormatException.class).hasMessageContaining("parity.json");
            }
        }
        assertThat(read).isPositive();
    }
}
