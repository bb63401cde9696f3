package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.DType;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.Wav;
import lyceum.format.Safetensors;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.audio.WhisperTokens;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The examples that learn from files of one's own, and the commands that use what they learned. */
class VisionAndSoundCommandsTest {
    private static final Path EXAMPLES = Path.of("../examples");

    @TempDir Path folder;

    private String done(Object... words) {
        var args = new String[words.length];
        for (int i = 0; i < args.length; i++) args[i] = words[i].toString();
        var command = lyceum(args);
        assertThat(command.code()).as(String.join(" ", args) + "\n" + command.out() + command.err()).isZero();
        return command.out();
    }

    private String refused(Object... words) {
        var args = new String[words.length];
        for (int i = 0; i < args.length; i++) args[i] = words[i].toString();
        var command = lyceum(args);
        assertThat(command.code()).as(String.join(" ", args)).isNotZero();
        assertThat(command.err()).doesNotContain("Exception");
        return command.err();
    }

    private Path samples(String kind, int n) {
        var out = folder.resolve(kind);
        if (!Files.exists(out)) done("samples", kind, "--out", out, "--n", n, "--seed", 1);
        return out;
    }

    /** An example beside its data; in so many epochs, or as it stands. @return the folder of its model */
    private Path trained(String example, int epochs) throws IOException {
        var text = Files.readString(EXAMPLES.resolve(example + ".yaml"));
        if (epochs > 0) text = text.replaceFirst("epochs: \\d+", "epochs: " + epochs);
        var config = Files.writeString(folder.resolve(example + ".yaml"), text);
        var out = folder.resolve(example + ".model");
        done("train", "--config", config, "--out", out);
        return out;
    }

    private static JsonNode json(String text) { return JsonMapper.shared().readTree(text); }

    @Test void detectorsTellBoxesOfPictures() throws IOException {
        var shapes = samples("shapes", 12);
        assertThat(refused("samples", "shapes", "--out", shapes)).contains("already exists");
        assertThat(refused("samples", "shape", "--out", folder.resolve("x"))).contains("there are shapes, speech, graph and captions");
        var model = trained("detect-shapes", 1);
        Path one = shapes.resolve("images/0000.png"), two = shapes.resolve("images/0001.png"), out = folder.resolve("boxes.png");
        var told = json(done("vision", "detect", model, one, two, "--least", 0, "--json"));
        assertThat(told).hasSize(2);
        assertThat(told.get(0).path("width").asInt()).isEqualTo(64);
        for (var object : told.get(0).path("objects")) {
            assertThat(object.path("label").asString()).isIn("disc", "square", "triangle");
            assertThat(object.path("box")).hasSize(4);
        }
        assertThat(done("vision", "detect", model, one, "--out", out)).contains("0000.png:").contains("Written: " + out);
        assertThat(ImageFolder.read(out).width()).isEqualTo(448);
        assertThat(refused("vision", "detect", model, one, two, "--out", out)).contains("--out is for one picture");
        assertThat(refused("vision", "classify", model, one)).contains("is a Yolo and no classifier");
        assertThat(refused("vision", "detect", model, folder.resolve("none.png"))).contains("There is no file");
        assertThat(refused("vision", "detect", folder.resolve("none"), one)).contains("There is no folder");
        Files.writeString(folder.resolve("text.png"), "no picture");
        assertThat(refused("vision", "detect", model, folder.resolve("text.png"))).contains("text.png: not a picture");
        var many = lyceum("vision", "detect", model.toString(), folder.resolve("text.png").toString(), one.toString(), "--json");
        assertThat(many.code()).isEqualTo(1);
        assertThat(many.err()).contains("text.png: not a picture").contains("1 of 2 pictures cannot be read");
        assertThat(json(many.out()).get(0).path("problem").asString()).contains("text.png: not a picture");
        assertThat(json(many.out()).get(1).path("objects").isArray()).isTrue();
        assertThat(refused("vision")).contains("classify, detect, segment or embed");
    }

    /** The second of each kind of file is cut; what is damaged is named, and with {@code damaged: skip} left out. */
    @Test void damagedRowsEndATrainingOrAreNamedAndLeftOut() throws IOException {
        var shapes = samples("shapes", 12);
        var captions = samples("captions", 20);
        var speech = samples("speech", 10);
        var kinds = Map.of("detect-shapes", shapes.resolve("images/0001.png"), "segment-shapes", shapes.resolve("images/0001.png"),
                "imagine-shapes", captions.resolve("0001.png"), "match-captions", captions.resolve("0001.png"), "hear-digits",
                speech.resolve("clips/0001.wav"));
        for (var file : Set.copyOf(kinds.values())) Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 30));
        for (var kind : kinds.entrySet()) {
            var text = Files.readString(EXAMPLES.resolve(kind.getKey() + ".yaml")).replaceFirst("epochs: \\d+", "epochs: 1");
            var config = folder.resolve(kind.getKey() + ".yaml");
            Files.writeString(config, text);
            var out = folder.resolve(kind.getKey() + ".out");
            assertThat(refused("train", "--config", config, "--out", out)).as(kind.getKey())
                    .contains(kind.getValue().getFileName().toString());
            Files.writeString(config, text.replaceFirst("(?m)^data:\\s*\\n(\\s+)", "data:\n$1damaged: skip\n$1"));
            var skipped = lyceum("train", "--config", config.toString(), "--out", folder.resolve(kind.getKey() + ".whole").toString());
            assertThat(skipped.code()).as(kind.getKey() + skipped.err()).isZero();
            assertThat(skipped.err()).containsOnlyOnce("skipped ").contains(kind.getValue().getFileName().toString());
        }
    }

    @Test void segmentersColourPicturesAndWriteMasks() throws IOException {
        var shapes = samples("shapes", 12);
        var model = trained("segment-shapes", 1);
        Path out = folder.resolve("classes.png"), mask = folder.resolve("mask.png");
        assertThat(done("vision", "segment", model, shapes.resolve("images/0000.png"), "--out", out, "--mask", mask)).contains("%");
        assertThat(Arrays.stream(ImageFolder.numbers(mask).numbers()).filter(kind -> kind >= 0 && kind < 4)).hasSize(64 * 64);
        assertThat(ImageFolder.read(out).height()).isEqualTo(448);
        assertThat(json(done("vision", "segment", model, shapes.resolve("images/0000.png"), "--json")).get(0).path("shares").path("nothing")
                .isNumber()).isTrue();
    }

    @Test void speechIsWrittenInFourForms() throws IOException {
        var clip = samples("speech", 10).resolve("clips/0000.wav");
        var model = trained("hear-digits", 1);
        assertThat(done("transcribe", model, clip)).isNotEmpty();
        assertThat(done("transcribe", model, clip, "--vtt")).startsWith("WEBVTT\n");
        assertThat(json(done("transcribe", model, clip, "--json", "--beam", 1)).path("seconds").asDouble()).isGreaterThan(1);
        var srt = folder.resolve("a.srt");
        assertThat(done("transcribe", model, clip, "--srt", "--out", srt)).contains("Written");
        assertThat(srt).exists();
        assertThat(refused("transcribe", model, clip, "--srt", "--vtt")).contains("mutually exclusive");
        assertThat(refused("transcribe", model, clip, "--language", "en")).contains("are for a Whisper");
        Wav.write(folder.resolve("nan.wav"), new Sound(new float[] {0, Float.NaN}, 8_000), Wav.Encoding.FLOAT_32);
        assertThat(refused("transcribe", model, folder.resolve("nan.wav"))).contains("nan.wav: sample 1 is NaN");
        Wav.write(folder.resolve("still.wav"), new Sound(new float[9_000], 44_100), Wav.Encoding.PCM_24);
        assertThat(done("transcribe", model, folder.resolve("still.wav"))).isEqualTo("Nothing is said.\n");
        assertThat(refused("vision", "embed", model, folder.resolve("nan.wav"))).contains("not a picture");
    }

    /** A Whisper of nobody's words, in the layout that is published: 26 letters, two languages, windows of a second. */
    private Path whisper() throws IOException {
        var made = Files.createDirectories(folder.resolve("whisper"));
        var tokens = new WhisperTokens(26, 2, 51);
        var model = new Whisper(new WhisperConfig(8, 16, 2, 24, 1, 1, 50, 24, tokens, DType.F32), Rng.of(3));
        var values = new LinkedHashMap<String, Tensor>();
        model.state().forEach((name, value) -> values.put("model." + name, value));
        Safetensors.write(made.resolve("model.safetensors"), values, Map.of());
        Files.writeString(made.resolve("config.json"), "{\"model_type\": \"whisper\", \"encoder_attention_heads\": 2}");
        var json = JsonMapper.shared().createObjectNode().put("version", "1.0");
        var added = json.putArray("added_tokens");
        var names = List.of("endoftext", "startoftranscript", "en", "de", "translate", "transcribe", "startoflm", "startofprev", "nospeech",
                "notimestamps");
        for (int i = 0; i < names.size(); i++)
            added.addObject().put("id", 26 + i).put("content", "<|" + names.get(i) + "|>").put("single_word", false).put("lstrip", false)
                    .put("rstrip", false).put("normalized", false).put("special", true);
        json.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put("use_regex",
                true);
        json.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
        var bpe = json.putObject("model").put("type", "BPE");
        var vocabulary = bpe.putObject("vocab");
        for (int i = 0; i < 26; i++) vocabulary.put(Character.toString('a' + i), i);
        bpe.putArray("merges");
        Files.writeString(made.resolve("tokenizer.json"), json.toString());
        return made;
    }

    @Test void aPublishedWhisperWritesSubtitles() throws IOException {
        var model = whisper();
        var x = new float[30_000];
        for (int i = 0; i < x.length; i++) x[i] = (float) Math.sin(0.01 * i * (1 + i / 6_000));
        var clip = folder.resolve("clip.wav");
        Wav.write(clip, new Sound(x, 16_000), Wav.Encoding.PCM_16);
        assertThat(done("transcribe", model, clip)).containsPattern("^ +\\d\\.\\d\\d  [a-z]+");
        var told = json(done("transcribe", model, clip, "--json", "--language", "de"));
        assertThat(told.path("language").asString()).isEqualTo("de");
        assertThat(told.path("lines").get(0).path("text").asString()).matches("[a-z]+");
        assertThat(told.has("words")).isFalse();
        assertThat(done("transcribe", model, clip, "--srt", "--translate")).startsWith("1\n00:00:0").contains(" --> 00:00:0");
        assertThat(done("transcribe", model, clip, "--vtt", "--beam", 2)).startsWith("WEBVTT\n");
        assertThat(refused("transcribe", model, clip, "--language", "fr")).contains("language fr is unknown; there are en, de");
        Files.delete(model.resolve("tokenizer.json"));
        assertThat(refused("transcribe", model, clip)).contains("tokenizer.json");
    }

    @Test void captionsBecomePicturesAndVectors() throws IOException {
        var captions = samples("captions", 60);
        var model = trained("imagine-shapes", 1);
        Path a = folder.resolve("a.png"), b = folder.resolve("b.png");
        assertThat(done("imagine", model, "a red square, top left", "--steps", 2, "--seed", 1, "--out", a)).contains("16 x 16");
        done("imagine", model, "a red square, top left", "--steps", 2, "--seed", 1, "--enlarge", 4, "--out", b);
        assertThat(ImageFolder.read(b).at(0, 63, 63)).isEqualTo(ImageFolder.read(a).at(0, 15, 15));
        assertThat(refused("imagine", model, "a purple square", "--out", a)).contains("\"purple\" is unknown");
        var pairs = trained("match-captions", 1);
        var vectors = folder.resolve("vectors.safetensors");
        assertThat(done("vision", "embed", pairs, a, captions.resolve("0000.png"), "--out", vectors)).contains("2 vectors of 32 numbers");
        assertThat(Safetensors.read(vectors).tensors().get("vectors").shape().toArray()).containsExactly(2, 32);
        assertThat(refused("imagine", pairs, "a red square", "--out", a)).contains("is a ContrastiveVlm");
        var alone = Files.writeString(folder.resolve("alone.yaml"),
                Files.readString(folder.resolve("match-captions.yaml")).replaceFirst("batch: \\d+", "batch: 1"));
        assertThat(refused("train", "--config", alone, "--out", folder.resolve("alone"))).contains("training.batch", "take 2 at least");
    }

    @Test void classifiersTellWhatAPictureShows() throws IOException {
        for (int i = 0; i < 24; i++) {
            float light = i % 2 == 0 ? 0.1f : 0.9f;
            var file = Files.createDirectories(folder.resolve("lights/" + (i % 2 == 0 ? "dark" : "bright"))).resolve(i + ".png");
            ImageFolder.write(Raster.make(3, 12, 12, (c, y, x) -> light), file);
        }
        var config = Files.writeString(folder.resolve("lights.yaml"), """
                task: images
                data: {train: lights, validation: 0.1}
                model: {widths: [8, 16]}
                training: {epochs: 12, batch: 4, rate: 0.01}
                """);
        var model = folder.resolve("lights.model");
        done("train", "--config", config, "--out", model);
        Path dark = folder.resolve("lights/dark/0.png"), bright = folder.resolve("lights/bright/1.png");
        assertThat(done("vision", "classify", model, dark, bright)).contains("%  dark", "%  bright");
        var told = json(done("vision", "classify", model, dark, bright, "--json"));
        assertThat(told).hasSize(2);
        for (int i = 0; i < 2; i++) {
            var first = told.get(i).path("classes").get(0);
            assertThat(first.path("label").asString()).isEqualTo(i == 0 ? "dark" : "bright");
            assertThat(first.path("probability").asDouble()).isGreaterThan(0.5);
        }
        assertThat(refused("vision", "detect", model, dark)).contains("no detector");
    }

    @Test void nodesWithoutALabelGetOne() throws IOException {
        samples("graph", 60);
        var model = trained("label-nodes", 1);
        var lines = Files.readAllLines(model.resolve("predictions.csv"));
        assertThat(lines).hasSize(61).first().isEqualTo("id,label,probability");
        Files.writeString(folder.resolve("graph/edges.csv"), "source,target\nn1,n2\nn3,nobody\n");
        assertThat(refused("train", "--config", folder.resolve("label-nodes.yaml"), "--out", folder.resolve("again")))
                .contains("edges.csv, row 2: the node 'nobody' is not in nodes.csv");
    }

    private static double last(Path model, String name) throws IOException {
        var lines = Files.readAllLines(model.resolve("metrics.jsonl"));
        var found = Pattern.compile("\"" + Pattern.quote(name) + "\"\\s*:\\s*([-0-9.Ee]+)").matcher(lines.getLast());
        assertThat(found.find()).as(lines.getLast()).isTrue();
        return Double.parseDouble(found.group(1));
    }

    @Tag("heavy")
    @Test void theExamplesLearnWhatTheyAreAbout() throws IOException {
        samples("shapes", 400);
        assertThat(last(trained("detect-shapes", 0), "AP50")).isGreaterThan(0.95);
        assertThat(last(trained("segment-shapes", 0), "mIoU")).isGreaterThan(0.95);
        samples("speech", 500);
        assertThat(last(trained("hear-digits", 0), "symbols wrong")).isLessThan(0.05);
        samples("graph", 400);
        assertThat(last(trained("label-nodes", 0), "accuracy")).isGreaterThan(0.9);
        samples("captions", 600);
        assertThat(last(trained("match-captions", 0), "text found")).isGreaterThan(0.8);
        var painter = trained("imagine-shapes", 0);
        var world = CaptionedScenes.of(16);
        int right = 0;
        for (int i = 0; i < 20; i++) {
            var scene = world.draw(1, Rng.of(100 + i));
            var png = folder.resolve("drawn.png");
            done("imagine", painter, world.caption(scene), "--seed", i, "--out", png);
            if (world.shows(ImageFolder.read(png).tensor(), scene)) right++;
        }
        assertThat(right).isGreaterThanOrEqualTo(16);
    }
}
