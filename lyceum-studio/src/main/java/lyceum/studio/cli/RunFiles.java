package lyceum.studio.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.LabResult;
import lyceum.labs.LabTable;
import lyceum.plot.Audio;
import lyceum.plot.Figure;
import lyceum.plot.render.Png;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;

/** Writes a run into a folder: {@code run.json}, each figure as SVG, PNG and CSV, a sound as WAV too, each table as CSV, each image as PNG. */
final class RunFiles {

    static final String MEND_PNG = "sudo apt-get install libfreetype6 libfontconfig1 libharfbuzz0b";

    private final Path folder;
    private final List<String> written = new ArrayList<>();
    private String note = "";

    private RunFiles(Path folder) { this.folder = folder; }

    /** Names of the files, in the order they were written; files of these names are replaced. */
    List<String> written() { return written; }

    /** What could not be written, or an empty text. */
    String note() { return note; }

    /** Writes everything that the run showed. */
    static RunFiles write(LabResult result, Path folder) throws IOException {
        var files = new RunFiles(folder);
        files.text("run.json", LabJson.pretty(result) + "\n");
        int number = 0;
        for (var json : result.figures()) {
            var figure = json.figure();
            String name = "figure-" + ++number + "-" + fileName(figure.title());
            files.text(name + ".svg", Svg.write(figure, Theme.LIGHT));
            files.png(name + ".png", figure);
            files.text(name + ".csv", figure.toCsv());
            if (figure instanceof Audio sound) files.bytes(name + ".wav", sound.wav());
        }
        number = 0;
        for (var table : result.tables()) {
            files.text("table-" + ++number + "-" + fileName(table.title()) + ".csv", csv(table));
        }
        number = 0;
        for (var image : result.images()) {
            files.bytes("image-" + ++number + "-" + fileName(image.title()) + ".png", image.png());
        }
        return files;
    }

    /** A JDK without a font library writes everything but PNG: said once, and no failure. */
    private void png(String name, Figure figure) throws IOException {
        try {
            bytes(name, Png.write(figure, Theme.LIGHT));
        } catch (LinkageError e) {
            note = "No PNG: this JDK's font library needs packages that are missing. To fix it: " + MEND_PNG;
        }
    }

    private void text(String name, String text) throws IOException { bytes(name, text.getBytes(StandardCharsets.UTF_8)); }

    private void bytes(String name, byte[] bytes) throws IOException {
        try {
            Files.write(folder.resolve(name), bytes);
        } catch (IOException e) {
            throw new IOException("cannot write " + folder.resolve(name) + ": " + e.getMessage(), e);
        }
        written.add(name);
    }

    /** Letters and digits of a title, with hyphens between words. */
    static String fileName(String title) {
        String name = title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
        return name.isEmpty() ? "untitled" : name.substring(0, Math.min(60, name.length())).replaceAll("-+$", "");
    }

    /** RFC 4180; numbers in full. */
    private static String csv(LabTable table) {
        var text = new StringBuilder(row(table.columns()));
        table.rows().forEach(r -> text.append(row(r)));
        return text.toString();
    }

    private static String row(List<?> cells) {
        return cells.stream().map(c -> quoted(String.valueOf(c))).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String quoted(String cell) {
        return cell.matches("(?s).*[\",\r\n].*") ? "\"" + cell.replace("\"", "\"\"") + "\"" : cell;
    }
}
