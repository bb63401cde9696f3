package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.format.Gguf;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.text.SentencePiece;
import lyceum.text.TokenizerPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum tokenize}: what a tokenizer makes of texts. */
@Command(name = "tokenize", description = "Split texts into a tokenizer's tokens.", footer = {"", "Examples:",
        "  lyceum tokenize letter.txt --tokenizer tokenizer.json --count", "  lyceum tokenize letters/ --tokenizer model.gguf --ids"})
final class TokenizeCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "FILE", arity = "1..*",
            description = "Texts: files, or folders of .txt, .md and .jsonl.")
    private List<Path> files;

    @Option(names = "--tokenizer", paramLabel = "FILE", required = true,
            description = "A tokenizer.json, a SentencePiece .model, a .gguf file, or a folder with one of the first two.")
    private Path tokenizer;

    @Option(names = "--ids", description = "Print ids.") private boolean ids;

    @Option(names = "--pieces", description = "Print pieces (the default).") private boolean pieces;

    @Option(names = "--count", description = "Print how many tokens there are, and characters per token.") private boolean count;

    @Override public Integer call() throws IOException {
        var read = read(tokenizer);
        var out = lyceum.terminal().out();
        long tokens = 0, characters = 0;
        for (var document : Documents.all(files)) {
            int[] all = read.ids(document.text());
            tokens += all.length;
            characters += document.text().codePointCount(0, document.text().length());
            if (ids) out.println(Arrays.stream(all).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
            if (pieces || !ids && !count)
                out.println(Arrays.stream(all).mapToObj(read.vocabulary()::token).collect(Collectors.joining(" ")));
        }
        if (count) out.printf("%d tokens, %d characters, %.2f characters to a token%n", tokens, characters,
                tokens == 0 ? 0 : (double) characters / tokens);
        return LyceumCommand.DONE;
    }

    /** A tokenizer from any of its files. */
    static TokenizerPipeline read(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            for (var name : List.of("tokenizer.json", "tokenizer.model"))
                if (Files.exists(path.resolve(name))) return read(path.resolve(name));
            throw new IOException(path + " has neither tokenizer.json nor tokenizer.model");
        }
        FitCommand.existing(path);
        var name = path.getFileName().toString();
        if (name.endsWith(".gguf")) return GgufTokenizer.read(Gguf.read(path));
        return name.endsWith(".model") ? SentencePiece.read(path) : TokenizerPipeline.read(path);
    }
}
