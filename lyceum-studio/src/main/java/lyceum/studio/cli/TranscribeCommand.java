package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.data.labelled.FileTexts;
import lyceum.data.sounds.Sound;
import lyceum.models.audio.Subtitles;
import lyceum.models.audio.TranscriberConfig;
import lyceum.models.ready.SpeechModel;
import lyceum.models.ready.WhisperModel;
import lyceum.text.TokenizerPipeline;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum transcribe}: a sound file to text. */
@Command(name = "transcribe", description = "Write down what is said in a WAV file.",
        footer = {"", "Examples:", "  lyceum transcribe digits.model interview.wav",
                "  lyceum transcribe digits.model interview.wav --srt --out interview.srt",
                "  lyceum transcribe whisper-tiny interview.wav --language de --vtt"})
final class TranscribeCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL",
            description = "A folder that lyceum train wrote, or one of a published Whisper: config.json, model.safetensors, tokenizer.json.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "FILE", description = "A WAV file of any rate, length and number of channels.")
    private Path file;

    @ArgGroup private Form form = new Form();

    /** How it is written. */
    static final class Form {
        @Option(names = "--srt", description = "Subtitles for players (SubRip).") private boolean srt;

        @Option(names = "--vtt", description = "Subtitles for web pages (WebVTT).") private boolean vtt;

        @Option(names = "--json",
                description = "Lines, and words where the model tells them, with their times in seconds.") private boolean json;
    }

    @Option(names = "--beam", paramLabel = "N",
            description = "Beam width: 8 by default, 1 with a Whisper model; 1 is fastest.")
    private Integer beam;

    @Option(names = "--language", paramLabel = "CODE",
            description = "With a Whisper model: the spoken language, such as en; detected by default.")
    private String language;

    @Option(names = "--translate", description = "With a Whisper model: write English, whatever is spoken.") private boolean translate;

    @Option(names = "--out", paramLabel = "FILE", description = "Write to this file instead of standard output.")
    private Path out;

    @Override public Integer call() throws IOException {
        if (!Files.isDirectory(folder)) throw new IOException("there is no folder " + folder);
        var sound = FileTexts.sound(FitCommand.existing(file));
        var heard = WhisperModel.isIn(folder) ? whisper(sound) : recognised(sound);
        var lines = heard.lines;
        var text = form.srt ? lines.srt() : form.vtt ? lines.vtt() : form.json ? json(sound.seconds(), heard) + "\n" : plain(lines);
        if (out != null) {
            Files.writeString(out, text);
            lyceum.terminal().out().println("Written: " + out);
        } else lyceum.terminal().out().print(text);
        return LyceumCommand.DONE;
    }

    /** @param language null where the model tells none @param words null where it tells none */
    private record Heard(String language, Subtitles lines, List<SpeechModel.Word> words) {}

    private Heard recognised(Sound sound) throws IOException {
        if (language != null || translate) throw new ParameterException(spec.commandLine(),
                "--language and --translate are for a Whisper; " + folder + " holds another model");
        var model = SpeechModel.load(folder);
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            var words = model.words(sound, beam == null ? 8 : Math.max(1, beam), line.progress());
            return new Heard(null, SpeechModel.lines(words), words);
        }
    }

    private Heard whisper(Sound sound) throws IOException {
        var model = WhisperModel.load(folder);
        var tokenizer = TokenizerPipeline.read(folder.resolve("tokenizer.json"));
        var how = new TranscriberConfig().withSpelling(ids -> tokenizer.decode(ids, true)).withTranslate(translate)
                .withBeams(beam == null ? 1 : Math.max(1, beam)).withLanguage(language == null ? -1 : model.language(language));
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            var heard = model.transcribe(sound, how, line.progress());
            return new Heard(heard.language(), heard.lines(), null);
        }
    }

    private static String plain(Subtitles lines) {
        var text = new StringBuilder();
        for (var line : lines.lines()) text.append(String.format(Locale.ROOT, "%7.2f  %s%n", line.start(), line.text()));
        return text.isEmpty() ? "Nothing is said.\n" : text.toString();
    }

    private String json(double seconds, Heard heard) {
        var root = JsonMapper.shared().createObjectNode().put("file", file.toString()).put("seconds", seconds).put("text",
                heard.lines.text());
        if (heard.language != null) root.put("language", heard.language);
        var told = root.putArray("lines");
        for (var line : heard.lines.lines()) told.addObject().put("start", line.start()).put("end", line.end()).put("text", line.text());
        if (heard.words == null) return root.toPrettyString();
        var each = root.putArray("words");
        for (var word : heard.words) each.addObject().put("start", word.start()).put("end", word.end()).put("text", word.text());
        return root.toPrettyString();
    }
}
