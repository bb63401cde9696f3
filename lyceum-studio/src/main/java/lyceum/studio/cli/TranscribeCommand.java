package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.data.labelled.FileTexts;
import lyceum.models.audio.Subtitles;
import lyceum.models.ready.SpeechModel;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum transcribe}: a sound file to text. */
@Command(name = "transcribe", description = "Write down what is said in a WAV file.", footer = {"", "Examples:",
        "  lyceum transcribe digits.model interview.wav", "  lyceum transcribe digits.model interview.wav --srt --out interview.srt"})
final class TranscribeCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A folder that lyceum train wrote.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "FILE", description = "A WAV file of any rate, length and number of channels.")
    private Path file;

    @ArgGroup private Form form = new Form();

    /** How it is written. */
    static final class Form {
        @Option(names = "--srt", description = "Subtitles for players (SubRip).") private boolean srt;

        @Option(names = "--vtt", description = "Subtitles for web pages (WebVTT).") private boolean vtt;

        @Option(names = "--json", description = "Lines and words with their times in seconds.") private boolean json;
    }

    @Option(names = "--beam", paramLabel = "N", defaultValue = "8",
            description = "Beam width, 8 by default; 1 is fastest.") private int beam;

    @Option(names = "--out", paramLabel = "FILE", description = "Write to this file instead of standard output.")
    private Path out;

    @Override public Integer call() throws IOException {
        if (!Files.isDirectory(folder)) throw new IOException("there is no folder " + folder);
        var sound = FileTexts.sound(FitCommand.existing(file));
        var model = SpeechModel.load(folder);
        List<SpeechModel.Word> words;
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            words = model.words(sound, Math.max(1, beam), line.progress());
        }
        var lines = SpeechModel.lines(words);
        var text = form.srt ? lines.srt() : form.vtt ? lines.vtt() : form.json ? json(sound.seconds(), lines, words) + "\n" : plain(lines);
        if (out != null) {
            Files.writeString(out, text);
            lyceum.terminal().out().println("Written: " + out);
        } else lyceum.terminal().out().print(text);
        return LyceumCommand.DONE;
    }

    private static String plain(Subtitles lines) {
        var text = new StringBuilder();
        for (var line : lines.lines()) text.append(String.format(Locale.ROOT, "%7.2f  %s%n", line.start(), line.text()));
        return text.isEmpty() ? "Nothing is said.\n" : text.toString();
    }

    private String json(double seconds, Subtitles lines, List<SpeechModel.Word> words) {
        var root = JsonMapper.shared().createObjectNode().put("file", file.toString()).put("seconds", seconds).put("text", lines.text());
        var told = root.putArray("lines");
        for (var line : lines.lines()) told.addObject().put("start", line.start()).put("end", line.end()).put("text", line.text());
        var each = root.putArray("words");
        for (var word : words) each.addObject().put("start", word.start()).put("end", word.end()).put("text", word.text());
        return root.toPrettyString();
    }
}
