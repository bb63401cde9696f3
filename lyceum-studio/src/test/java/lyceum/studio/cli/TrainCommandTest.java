package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import lyceum.data.Datasets;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.Wav;
import lyceum.models.SavedModel;
import lyceum.models.vision.ConvNet;
import lyceum.studio.Main;
import lyceum.train.task.MetricsLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum train}: what it writes, and what becomes of it when it is killed, stopped, out of disk, or given damaged files. */
class TrainCommandTest {
    private static final String DIGITS = """
            task: images
            data: {set: digits, rows: 320, validation: 0.1, augment: [shift 1]}
            model: {widths: [8, 16], dropout: 0.2}
            training: {epochs: 3, batch: 32, rate: 0.01, averaging: 0.9}
            checkpoint: {steps: 2}
            metrics: {steps: 1}
            out: digits
            """;

    @TempDir private Path folder;

    private Path file(String text) throws IOException { return Files.writeString(folder.resolve("train.yaml"), text); }

    @Test void aFileBecomesAModelWithItsMeasures() throws IOException {
        var done = lyceum("train", "--config", file(DIGITS).toString());
        assertThat(done.code()).as(done.err()).isZero();
        assertThat(done.err()).contains("320 pictures of 10 classes, seen as 1 x 8 x 8; 144 to judge epochs by; 359 to test")
                .contains("ConvNet of 1,922 parameters");
        assertThat(done.out().lines().filter(l -> l.startsWith("epoch "))).hasSize(3);
        assertThat(done.out()).contains("30 steps: validation ", ", accuracy 0.", ", test accuracy 0.",
                "Written: " + folder.resolve("digits"));
        var saved = SavedModel.load(folder.resolve("digits"));
        assertThat(saved.model(ConvNet.class).config().widths()).containsExactly(8, 16);
        assertThat(saved.texts("labels")).startsWith("0", "1").hasSize(10);
        var lines = MetricsLog.read(folder.resolve("digits/metrics.jsonl"));
        assertThat(lines.stream().filter(l -> l.kind().equals("step"))).hasSize(30)
                .allSatisfy(l -> assertThat(l.values()).containsKeys("loss", "rate", "gradientNorm", "rowsPerSecond"));
        assertThat(lines.getLast().values().get("test accuracy")).isGreaterThan(0.6);
        assertThat(lyceum("train", "--config", folder.resolve("train.yaml").toString()).err())
                .contains("holds a run; continue it with --resume");
    }

    @Tag("slow")
    @Test void aRunThatIsKilledAtARandomStepAndResumedEndsWithTheSameBits() throws Exception {
        file(DIGITS);
        assertThat(lyceum("train", "--config", folder.resolve("train.yaml").toString(), "--out", folder.resolve("whole").toString()).code())
                .isZero();
        var random = new SplittableRandom();
        int first = 3 + random.nextInt(9), second = first + 3 + random.nextInt(9);
        var killed = child(List.of(), false);
        awaitStep(killed, first);
        killed.destroyForcibly().waitFor(); // SIGKILL: nothing is saved at the end
        assertThat(folder.resolve("digits/model.safetensors")).doesNotExist();
        var stopped = child(List.of(), true);
        awaitStep(stopped, second);
        stopped.destroy(); // as Ctrl-C does
        assertThat(stopped.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output()).as("killed at %d, stopped at %d", first, second).contains("and saved. Next: lyceum train --config");
        var done = lyceum("train", "--config", folder.resolve("train.yaml").toString(), "--resume");
        assertThat(done.code()).as(done.err()).isZero();
        for (var name : List.of("model.safetensors", "run.safetensors"))
            assertThat(Files.mismatch(folder.resolve("digits/" + name), folder.resolve("whole/" + name)))
                    .as(name + ", killed at %d, stopped at %d", first, second).isEqualTo(-1);
        assertThat(losses("digits")).isEqualTo(losses("whole")).hasSize(30);
    }

    private List<Double> losses(String run) throws IOException {
        return MetricsLog.read(folder.resolve(run + "/metrics.jsonl")).stream().filter(l -> l.kind().equals("step"))
                .map(l -> l.values().get("loss")).toList();
    }

    @Tag("slow")
    @Test void aFullDiskLeavesTheCheckpointBefore() throws Exception {
        file(DIGITS.replace("epochs: 3", "epochs: 1").replace("steps: 2", "steps: 100"));
        var first = lyceum("train", "--config", folder.resolve("train.yaml").toString());
        assertThat(first.code()).as(first.err()).isZero();
        var run = folder.resolve("digits/run.safetensors");
        long needed = Files.size(run);
        Files.delete(folder.resolve("digits/training.json")); // begins anew over the old checkpoint
        var before = Files.readAllBytes(run);
        var limited = child(List.of("bash", "-c", "ulimit -f " + (needed / 1024 - 4) + "; exec \"$@\"", "bash"), false);
        assertThat(limited.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(limited.exitValue()).as(output()).isZero();
        assertThat(output()).contains("the checkpoint of step 10 could not be written", "the one before it stays and the run goes on");
        assertThat(Files.readAllBytes(run)).isEqualTo(before);
        assertThat(folder.resolve("digits")).isDirectoryNotContaining("glob:**.part");
    }

    private Process child(List<String> before, boolean resume) throws IOException {
        var words = new ArrayList<>(before);
        words.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:-UsePerfData",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), Main.class.getName(), "train",
                "--config", folder.resolve("train.yaml").toString()));
        if (resume) words.add("--resume");
        return new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(folder.resolve("child.txt").toFile()).start();
    }

    private String output() throws IOException { return Files.readString(folder.resolve("child.txt")); }

    /** Waits until the run's measures tell of that step. */
    private void awaitStep(Process child, int step) throws Exception {
        var metrics = folder.resolve("digits/metrics.jsonl");
        for (int i = 0; i < 6000 && child.isAlive(); i++) {
            if (Files.exists(metrics) && MetricsLog.read(metrics).stream().anyMatch(l -> l.step() >= step)) return;
            Thread.sleep(10);
        }
        throw new AssertionError("the run did not reach step " + step + ": " + output());
    }

    @Test void aDamagedPictureIsNamedAndFatalOrSkippedAsAsked() throws IOException {
        for (int i = 0; i < 12; i++) for (var kind : List.of("dark", "light")) {
            var picture = new BufferedImage(12, 10, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < 10; y++)
                for (int x = 0; x < 12; x++)
                    picture.setRGB(x, y, kind.equals("dark") ? 0x101010 * (1 + (x + y + i) % 5) : 0xFFFFFF - 0x0A0A0A * ((x * y + i) % 7));
            var to = Files.createDirectories(folder.resolve("pictures/" + kind)).resolve(i + ".png");
            ImageIO.write(picture, "png", to.toFile());
            Files.copy(to, Files.createDirectories(folder.resolve("good/" + kind)).resolve(i + ".png"));
        }
        var damaged = folder.resolve("pictures/dark/3.png");
        Files.write(damaged, Arrays.copyOf(Files.readAllBytes(damaged), 60));
        var text = """
                task: images
                data: {train: pictures, validation: good, size: 8, damaged: fatal, augment: [flip, part 0.5]}
                model: {widths: [4]}
                training: {epochs: 6, batch: 8, rate: 0.02}
                out: shades
                """;
        var fatal = lyceum("train", "--config", file(text).toString());
        assertThat(fatal.code()).isEqualTo(1);
        assertThat(fatal.err()).contains(damaged + ": cannot be decoded");
        var skipped = lyceum("train", "--config", file(text.replace("fatal", "skip")).toString());
        assertThat(skipped.code()).as(skipped.err()).isZero();
        assertThat(skipped.err()).containsOnlyOnce("skipped " + damaged + ": cannot be decoded");
        assertThat(skipped.out()).contains("accuracy 1.0000");

        // goes on from it with one kind more: all but the head begin as they were
        for (int i = 0; i < 12; i++) {
            var picture = new BufferedImage(12, 10, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < 10; y++) for (int x = 0; x < 12; x++) picture.setRGB(x, y, (x + i) % 4 < 2 ? 0xFFFFFF : 0);
            for (var set : List.of("pictures", "good"))
                ImageIO.write(picture, "png", Files.createDirectories(folder.resolve(set + "/striped")).resolve(i + ".png").toFile());
        }
        var more = text.replace("fatal", "skip").replace("{widths: [4]}", "{from: shades}").replace("out: shades", "out: kinds");
        var on = lyceum("train", "--config", file(more).toString());
        assertThat(on.code()).as(on.err()).isZero();
        assertThat(on.err()).containsPattern("6 of 8 tensors begin as they are in \\S+shades").contains("35 pictures of 3 classes");
        assertThat(on.out()).contains("accuracy 1.0000");
        assertThat(lyceum("train", "--config", file(more.replace("size: 8", "size: 9").replace("kinds", "others")).toString()).err())
                .contains("data.size: the network that it goes on from sees 3 x 8 x 8, not 3 x 9 x 9");

        // as many kinds of other names: the head that has learned the old ones is not taken
        for (var kind : List.of("dark", "light")) {
            var to = Files.createDirectories(folder.resolve("renamed/" + (kind.equals("dark") ? "night" : "day")));
            for (int i = 0; i < 12; i++) Files.copy(folder.resolve("good/" + kind + "/" + i + ".png"), to.resolve(i + ".png"));
        }
        var renamed = more.replace("train: pictures, validation: good", "train: renamed").replace("kinds", "times");
        on = lyceum("train", "--config", file(renamed).toString());
        assertThat(on.err()).containsPattern("6 of 8 tensors begin as they are in \\S+shades")
                .contains("the head begins anew: the classes are day, night, and it has learned dark, light");
        on = lyceum("train", "--config",
                file(renamed.replace("from: shades", "from: times").replace("out: times", "out: again")).toString());
        assertThat(on.err()).contains("8 of 8 tensors begin as they are in ").doesNotContain("begins anew");
    }

    /** What JSON names is among what a run begins with: pictures beside a COCO file, clips of a list. */
    @Test void picturesAndClipsThatJsonNamesAreAmongTheDataOfARun() throws IOException {
        var images = new ArrayList<String>();
        var marks = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            var picture = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
            for (int y = 8; y < 24; y++) for (int x = 8; x < 24; x++) picture.setRGB(x, y, 0x3060A0 + i);
            ImageIO.write(picture, "png", Files.createDirectories(folder.resolve("boxes/images")).resolve(i + ".png").toFile());
            images.add("{\"id\": %d, \"file_name\": \"%d.png\", \"width\": 32, \"height\": 32}".formatted(i, i));
            marks.add("{\"id\": %d, \"image_id\": %d, \"category_id\": 1, \"bbox\": [8, 8, 16, 16]}".formatted(i, i));
        }
        Files.writeString(folder.resolve("boxes/boxes.json"),
                "{\"images\": " + images + ", \"annotations\": " + marks + ", \"categories\": [{\"id\": 1, \"name\": \"square\"}]}");
        var boxes = """
                task: detection
                data: {boxes: boxes/boxes.json}
                model: {width: 4, stages: 2, levels: 1}
                training: {steps: 1, batch: 2}
                out: squares
                """;
        assertThat(lyceum("train", "--config", file(boxes).toString()).code()).isZero();
        assertThat(read("squares")).isEqualTo(5);
        Files.copy(folder.resolve("boxes/images/1.png"), folder.resolve("boxes/images/2.png"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(lyceum("train", "--resume", "--config", file(boxes).toString()).err()).contains("data: they have changed: 5 files");

        var lines = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            var samples = new float[8_000];
            for (int t = 0; t < samples.length; t++) samples[t] = (float) (0.3 * Math.sin(0.05 * (i + 1) * t));
            Wav.write(folder.resolve(i + ".wav"), new Sound(samples, 16_000), Wav.Encoding.PCM_16);
            lines.append("{\"audio\": \"%d.wav\", \"text\": \"%s\"}\n".formatted(i, i % 2 == 0 ? "ab" : "ba"));
        }
        Files.writeString(folder.resolve("clips.jsonl"), lines);
        var clips = """
                task: speech
                data: {clips: clips.jsonl}
                model: {width: 8, heads: 2, layers: 1}
                training: {steps: 1, batch: 2}
                out: said
                """;
        var said = lyceum("train", "--config", file(clips).toString());
        assertThat(said.code()).as(said.err()).isZero();
        assertThat(read("said")).isEqualTo(5);
    }

    /** How many files a run began with. */
    private int read(String run) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(folder.resolve(run).resolve("training.json"))).path("read").path("files")
                .asInt();
    }

    @Test void aLossThatIsNotFiniteStopsWithItsStepItsRowsAndTheLayer() throws IOException {
        var done = lyceum("train", "--config", file(DIGITS.replace("rate: 0.01", "rate: 1e30, optimizer: sgd, momentum: 0")).toString());
        assertThat(done.code()).isEqualTo(1);
        assertThat(done.err()).contains("the loss is ", " at step ", " in epoch 0", "the first output that is not finite is that of ",
                "the batch is rows [");
    }

    @Test void aTableBecomesANetworkThatPredictCanRead() throws IOException {
        var rows = new StringBuilder("age,plan,since,spend,left\n");
        for (int i = 0; i < 120; i++)
            rows.append(20 + i % 50).append(',').append(i % 3 == 0 ? "basic" : "family").append(",2026-01-0").append(1 + i % 9).append(',')
                    .append(i % 7 == 0 ? "" : i % 11).append(',').append(i % 3 == 0 && i % 50 < 30 ? "yes" : "no").append('\n');
        Files.writeString(folder.resolve("rows.csv"), rows + "twenty,basic,2026-01-01,3,no\n33,basic\n41,family,2026-01-01,3,\n");
        var text = """
                task: table
                data: {train: rows.csv, target: left, validation: 0.2, damaged: skip}
                model: {hidden: [16]}
                training: {epochs: 30, batch: 16, rate: 0.02}
                out: churn
                """;
        var done = lyceum("train", "--config", file(text.replace("damaged: skip", "damaged: fatal")).toString());
        assertThat(done.err()).contains("rows.csv", ", in line 123").doesNotContain("\tat ");
        done = lyceum("train", "--config", file(text).toString());
        assertThat(done.code()).as(done.err()).isZero();
        assertThat(done.err()).contains("column since holds dates and is left out", "to predict left (2 classes)", "rows.csv: line 123: ",
                "row 122: the target left is missing");
        assertThat(done.out()).containsPattern("accuracy (0\\.[89]|1\\.0)");
        var said = lyceum("predict", folder.resolve("churn").toString(), folder.resolve("rows.csv").toString());
        assertThat(said.code()).isEqualTo(1); // "twenty" is no age
        Files.writeString(folder.resolve("new.csv"), "plan,age,spend\nbasic,21,3\nother,70,\n");
        said = lyceum("predict", folder.resolve("churn").toString(), folder.resolve("new.csv").toString());
        assertThat(said.out()).as(said.err()).startsWith("prediction,P(no),P(yes)\nyes,");
        assertThat(said.out().lines()).hasSize(3);
        Files.writeString(folder.resolve("good.csv"), rows);
        done = lyceum("train", "--out", folder.resolve("spend").toString(), "--config",
                file(text.replace("target: left", "target: age, drop: [spend]").replace("rows.csv", "good.csv")).toString());
        assertThat(done.out()).as(done.err()).contains("RMSE ", "R2 ");

        // the same columns later, with a third answer: scales and layers stay, the head begins anew
        Files.writeString(folder.resolve("later.csv"), rows.toString().replaceAll("(?m),family,(.*),no$", ",family,$1,moved"));
        var on = text.replace("rows.csv", "later.csv").replace("{hidden: [16]}", "{from: churn}").replace("out: churn", "out: later");
        done = lyceum("train", "--config", file(on).toString());
        assertThat(done.err()).contains("to predict left (3 classes)").containsPattern("2 of 4 tensors begin as they are in \\S+churn");
        assertThat(done.out()).as(done.err()).containsPattern("accuracy (0\\.[89]|1\\.0)");
        assertThat(lyceum("train", "--out", folder.resolve("no").toString(), "--config",
                file(on.replace("target: left", "target: age")).toString()).err())
                .contains("data.target: age is among what the network that it goes on from reads");
        Files.writeString(folder.resolve("later.csv"), "plan,spend,left\nbasic,1,no\nfamily,2,yes\n");
        assertThat(lyceum("train", "--out", folder.resolve("no").toString(), "--config", file(on).toString()).err()).contains("age");
        assertThat(lyceum("train", "--resume", "--config", file(on).toString()).err()).contains("age");
    }

    @Test void textsBecomeAModelOfCharacters() throws IOException {
        Files.writeString(folder.resolve("song.txt"), "the tide goes out, the tide comes in; ".repeat(60));
        var done = lyceum("train", "--config", file("""
                task: text
                data: {train: song.txt, tokenizer: characters, length: 32, validation: 10}
                model: {layers: 1, width: 32, heads: 2}
                training: {steps: 80, batch: 8, rate: 0.01, clip: 1}
                out: song.model
                """).toString());
        assertThat(done.code()).as(done.err()).isZero();
        assertThat(done.err()).contains("rows of 32 tokens, 17 pieces");
        assertThat(done.out()).contains("80 steps: validation ", "bits per byte 0.");
        var said = lyceum("chat", folder.resolve("song.model").toString(), "--say", "the tide goes", "--temperature", "0", "--max", "12");
        assertThat(said.out()).as(said.err()).contains("the tide goes out, the ");

        // goes on with another song, whose letters the first has: its first loss is below that of a new model
        Files.writeString(folder.resolve("other.txt"), "the tide comes in, the tide goes out; ".repeat(60));
        var on = """
                task: text
                data: {train: other.txt, length: 24, validation: 10}
                model: {from: song.model}
                training: {steps: 8, batch: 8, rate: 0.003}
                metrics: {steps: 1}
                out: other.model
                """;
        done = lyceum("train", "--config", file(on).toString());
        assertThat(done.code()).as(done.err()).isZero();
        assertThat(done.err()).containsPattern("all weights begin as they are in \\S+song.model").contains("rows of 24 tokens, 17 pieces");
        assertThat(MetricsLog.read(folder.resolve("other.model/metrics.jsonl")).getFirst().values().get("loss")).isLessThan(2);
        said = lyceum("chat", folder.resolve("other.model").toString(), "--say", "the tide comes", "--temperature", "0", "--max", "4");
        assertThat(said.out()).as(said.err()).contains("the tide comes in");
        assertThat(lyceum("train", "--out", folder.resolve("no").toString(), "--config",
                file(on.replace("length: 24", "length: 24, tokenizer: characters")).toString()).err())
                .contains("data.tokenizer: it is that of the model");
        assertThat(lyceum("train", "--out", folder.resolve("no").toString(), "--config",
                file(on.replace("length: 24", "length: 64")).toString()).err())
                .contains("data.length: the model that it goes on from reads 32 tokens, not 64");

        // what a run has read is known again when it goes on
        Files.writeString(folder.resolve("other.txt"), "the tide goes out; ".repeat(121));
        file(on);
        var resumed = lyceum("train", "--config", folder.resolve("train.yaml").toString(), "--resume");
        assertThat(resumed.code()).isEqualTo(1);
        assertThat(resumed.err()).contains("data: they have changed: 1 file of 2,299 bytes, and the run in ",
                "began with 1 file of 2,280 bytes", "(--accept-changed-data)");
    }

    @Tag("heavy")
    @Test void fashionMnistReachesNinetyThreePercentFromOneCommand() {
        assumeThat(Datasets.hasFashionMnist()).isTrue();
        var done = lyceum("train", "--config", Path.of("../examples/fashion-mnist-cnn.yaml").toString(), "--out",
                folder.resolve("clothes").toString());
        assertThat(done.code()).as(done.err()).isZero();
        var accuracy = Pattern.compile("test accuracy ([0-9.]+)").matcher(done.out());
        assertThat(accuracy.find()).as(done.out()).isTrue();
        assertThat(Double.parseDouble(accuracy.group(1))).isGreaterThanOrEqualTo(0.93);
    }

    @Test void whatAFileSaysWrongIsNamedByItsPlace() throws IOException {
        says(DIGITS.replace("dropout", "dropuot"), "train.yaml: model.dropuot: it is not known; known in model are architecture, ");
        says(DIGITS.replace("epochs: 3", "epochs: -3"), "train.yaml: training.epochs: it is a whole number of at least 1; it is -3");
        says(DIGITS.replace("task: images", "task: imags"), "train.yaml: task: it is imags; there are ");
        says(DIGITS.replace("shift 1", "shove 1"), "train.yaml: data.augment: there are flip, shift N");
        says(DIGITS.replace("set: digits", "train: nowhere"), "nowhere");
        says(DIGITS.replace("widths: [8, 16]", "widths: [8, 16, 8, 8]"), "ConvNetConfig: 4 stages on 8 x 8 pixels");
        says(DIGITS.replace("averaging: 0.9", "keep: most"), "train.yaml: training.keep: it is last or best; it is most");
        says("task: [images", "train.yaml, line ");
        says("- images", "it holds a list; it holds names with values");
        says(DIGITS + "seed: 1\nseed: 2\n", "seed");
        assertThat(lyceum("train", "--config", folder.resolve("none.yaml").toString()).err()).contains("There is no file");
        assertThat(lyceum("train").code()).isEqualTo(LyceumCommand.USAGE);
        assertThat(lyceum("train", "--tasks").out()).contains("images       classes of pictures");
    }

    private void says(String text, String message) throws IOException {
        var done = lyceum("train", "--config", file(text).toString());
        assertThat(done.code()).as(text).isEqualTo(1);
        assertThat(done.err()).contains(message);
        assertThat(done.err().lines().filter(l -> l.contains("\tat "))).as(done.err()).isEmpty();
    }
}
