package lyceum.data.labelled;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.Wav;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files with a text each: sounds and what is said in them, pictures and what is on them. JSON lines, an object a line, whose paths count from the file's folder:
 * {@code {"audio": "clips/01.wav", "text": "four two"}}, {@code {"image": "01.png", "text": "a red square"}}.
 *
 * {@snippet :
 * var speech = FileTexts.ofSounds(Path.of("digits/train.jsonl"));
 * Sound first = speech.sound(0);
 * String said = speech.texts().getFirst();
 * }
 *
 * @param files that exist
 * @param texts of each, one may be empty
 */
public record FileTexts(List<Path> files, List<String> texts) {
    /** Names of the field with the path that are understood. */
    public static final List<String> AUDIO = List.of("audio", "audio_filepath", "path", "file", "wav"),
            IMAGE = List.of("image", "file_name", "path", "file");
    private static final List<String> TEXT = List.of("text", "caption", "transcript", "sentence");
    private static final int MOST_BYTES = 1 << 30, MOST_TEXT = 1 << 20;
    static final ObjectMapper JSON = JsonMapper
            .builder(
                    JsonFactory.builder()
                            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).maxStringLength(1 << 26)
                                    .maxNumberLength(400).maxNameLength(1000).build())
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .build();

    public FileTexts {
        files = List.copyOf(files);
        texts = List.copyOf(texts);
        if (files.size() != texts.size())
            throw new IllegalArgumentException("FileTexts: " + files.size() + " files and " + texts.size() + " texts");
    }

    /** Sounds: one of the fields {@link #AUDIO}, and the text. @throws FormatException with the line, also if a file is not there */
    public static FileTexts ofSounds(Path jsonl) throws IOException { return ofSounds(jsonl, FileTexts::fatal); }

    /** As {@link #ofSounds(Path)}. @param wrong takes each line that cannot be used, and throws it or leaves it out */
    public static FileTexts ofSounds(Path jsonl, Consumer<FormatException> wrong) throws IOException { return read(jsonl, AUDIO, wrong); }

    private static void fatal(FormatException wrong) { throw wrong; }

    /**
     * Pictures: JSON lines with one of the fields {@link #IMAGE}; or a folder, which has a {@code captions.jsonl} or {@code metadata.jsonl}, or a text file beside
     * each picture ({@code 01.png} and {@code 01.txt}), or folders whose names are the texts of the pictures in them ({@code red-square/01.png}), or just pictures,
     * whose texts are empty.
     */
    public static FileTexts ofPictures(Path source) throws IOException { return ofPictures(source, FileTexts::fatal); }

    /** As {@link #ofPictures(Path)}. @param wrong takes each line of JSON that cannot be used, and throws it or leaves it out */
    public static FileTexts ofPictures(Path source, Consumer<FormatException> wrong) throws IOException {
        if (!Files.isDirectory(source)) return read(source, IMAGE, wrong);
        for (var name : List.of("captions.jsonl", "metadata.jsonl"))
            if (Files.exists(source.resolve(name))) return read(source.resolve(name), IMAGE, wrong);
        var files = new ArrayList<Path>();
        var texts = new ArrayList<String>();
        for (var entry : ImageFolder.sorted(source)) {
            if (Files.isDirectory(entry)) for (var file : ImageFolder.sorted(entry)) {
                if (!ImageFolder.isPicture(file)) continue;
                files.add(file);
                texts.add(entry.getFileName().toString().replace('_', ' ').replace('-', ' '));
            }
            else if (ImageFolder.isPicture(entry)) {
                var beside = entry.resolveSibling(entry.getFileName().toString().replaceFirst("\\.[^.]*$", ".txt"));
                files.add(entry);
                texts.add(Files.exists(beside) ? text(beside).strip() : "");
            }
        }
        if (files.isEmpty()) throw new FormatException(source + ": no pictures (.jpeg, .jpg, .png, .gif, .bmp)");
        return new FileTexts(files, texts);
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new FormatException(file + ": it is not UTF-8", e);
        }
    }

    /** JSON lines. @param fields names of the field with the path, of which the first that is there counts */
    public static FileTexts read(Path jsonl, List<String> fields) throws IOException { return read(jsonl, fields, FileTexts::fatal); }

    private static FileTexts read(Path jsonl, List<String> fields, Consumer<FormatException> wrong) throws IOException {
        if (Files.size(jsonl) > MOST_BYTES) throw new FormatException(jsonl + ": " + Files.size(jsonl) + " bytes; at most " + MOST_BYTES);
        return read(Files.readAllBytes(jsonl), jsonl.toAbsolutePath().getParent(), String.valueOf(jsonl.getFileName()), fields, wrong);
    }

    static FileTexts read(byte[] bytes, Path folder, String name, List<String> fields, Consumer<FormatException> wrong) {
        var files = new ArrayList<Path>();
        var texts = new ArrayList<String>();
        for (int from = 0, number = 1; from < bytes.length; number++) {
            int to = from;
            while (to < bytes.length && bytes[to] != '\n') to++;
            if (!blank(bytes, from, to)) try {
                String where = name + ", line " + number;
                var node = object(bytes, from, to, where);
                var path = path(folder, field(node, fields, where), where);
                if (!Files.isRegularFile(path)) throw new FormatException(where + ": " + path + " does not exist");
                String text = field(node, TEXT, where);
                if (text.length() > MOST_TEXT) throw new FormatException(where + ": a text of " + text.length() + " characters");
                files.add(path);
                texts.add(text);
            } catch (FormatException e) {
                wrong.accept(e);
            }
            from = to + 1;
        }
        if (files.isEmpty()) throw new FormatException(name + ": no lines with a file");
        return new FileTexts(files, texts);
    }

    private static boolean blank(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) if (bytes[i] > ' ' || bytes[i] < 0) return false;
        return true;
    }

    private static JsonNode object(byte[] bytes, int from, int to, String where) {
        try {
            var node = JSON.readTree(new ByteArrayInputStream(bytes, from, to - from));
            if (!node.isObject()) throw new FormatException(where + ": not a JSON object");
            return node;
        } catch (JacksonException e) {
            throw notJson(where, e);
        }
    }

    private static String field(JsonNode node, List<String> names, String where) {
        for (var name : names) {
            var value = node.get(name);
            if (value == null) continue;
            if (!value.isString()) throw new FormatException(where + ": \"" + name + "\" is not text");
            return value.asString();
        }
        throw new FormatException(where + ": no field \"" + String.join("\", \"", names) + "\"");
    }

    /** A path of a file from outside. */
    static Path path(Path folder, String text, String where) {
        try {
            if (!text.isBlank()) return folder.resolve(text);
        } catch (InvalidPathException e) {
            throw new FormatException(where + ": no path: " + e.getReason(), e);
        }
        throw new FormatException(where + ": an empty path");
    }

    static FormatException notJson(String where, JacksonException e) {
        var place = e.getLocation();
        String at = place == null || place.getLineNr() < 1 ? "" : ", in line " + place.getLineNr() + ", column " + place.getColumnNr();
        return new FormatException(where + ": not JSON: " + e.getOriginalMessage() + at, e);
    }

    /** Number of files. */
    public int size() { return files.size(); }

    /** Reads a WAV file, its channels mixed to one. @throws FormatException naming the file, also if a sample is no number */
    public Sound sound(int row) { return sound(files.get(row)); }

    /** As {@link #sound(int)}, any file. */
    public static Sound sound(Path file) {
        try {
            var sound = Wav.read(file).mono();
            float[] samples = sound.channels()[0];
            for (int i = 0; i < samples.length; i++)
                if (!Float.isFinite(samples[i])) throw new FormatException("sample " + i + " is " + samples[i]);
            if (samples.length == 0) throw new FormatException("no samples");
            return sound;
        } catch (FormatException e) {
            throw new FormatException(file + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Decodes a picture, 3 channels from 0 to 1. @throws FormatException naming the file */
    public Raster picture(int row) { return ImageFolder.read(files.get(row)); }

    /** Writes JSON lines with paths from their folder on. @param field of the path, such as {@code audio} */
    public void write(Path jsonl, String field) throws IOException {
        Objects.requireNonNull(field, "field");
        var folder = jsonl.toAbsolutePath().getParent();
        var lines = new StringBuilder();
        for (int i = 0; i < files.size(); i++) {
            var path = folder.relativize(files.get(i).toAbsolutePath()).toString().replace('\\', '/');
            lines.append(JSON.writeValueAsString(JSON.createObjectNode().put(field, path).put("text", texts.get(i)))).append('\n');
        }
        Files.write(jsonl, lines.toString().getBytes(StandardCharsets.UTF_8));
    }
}
