package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.eval.Perplexity;
import lyceum.llm.eval.PerplexityReport;
import lyceum.llm.eval.ScoredText;
import lyceum.progress.Progress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum perplexity}: how surprised a model is by texts. */
@Command(name = "perplexity", description = "Measure how surprised a language model is by texts.",
        footer = {"", "Example:", "  lyceum perplexity letters.model new-letters/ --stride 128"})
final class PerplexityCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A folder of safetensors, or a .gguf file.")
    private Path model;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE",
            description = "Texts: files, or folders of .txt, .md and .jsonl.")
    private List<Path> files;

    @Option(names = "--window", paramLabel = "N", defaultValue = "0",
            description = "Tokens per window; the model's context by default.") private int window;

    @Option(names = "--stride", paramLabel = "N", defaultValue = "0",
            description = "How far the window moves each time; a whole window by default.") private int stride;

    @Override public Integer call() throws IOException {
        var local = LoadedModel.open(model);
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            var report = of(local, files, window, stride, line.progress());
            line.close();
            lyceum.terminal().out().printf("perplexity %.3f a token, %.4f bits per byte, %,d tokens%n", report.perplexity(),
                    report.bitsPerByte(), report.evaluation().tokens());
        }
        return LyceumCommand.DONE;
    }

    static PerplexityReport of(LoadedModel local, List<Path> files, int window, int stride, Progress progress) throws IOException {
        int most = window > 0 ? window : (int) Math.min(local.model().contextLength(), 2048);
        var texts = Documents.all(files).stream().map(d -> ScoredText.of(d.text(), d.domain(), local.tokenizer()::ids)).toList();
        return Perplexity.sliding(most, stride > 0 ? stride : most).of(local.model(), texts, progress);
    }
}
