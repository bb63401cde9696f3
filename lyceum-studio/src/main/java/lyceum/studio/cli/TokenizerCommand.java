package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import lyceum.data.corpus.Document;
import lyceum.progress.Progress;
import lyceum.text.TokenizerKind;
import lyceum.text.TokenizerPipeline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum tokenizer train}: a tokenizer of one's own texts. */
@Command(name = "tokenizer", description = "Learn a tokenizer from texts.", subcommands = TokenizerCommand.Train.class,
        synopsisSubcommandLabel = "train")
final class TokenizerCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Override public Integer call() { throw new ParameterException(spec.commandLine(), "tokenizer: say train"); }

    /** Learns. */
    @Command(name = "train", description = "Learn a tokenizer and write its tokenizer.json.",
            footer = {"", "Example:", "  lyceum tokenizer train letters/ --type bpe --vocab 8000 --out tokenizer.json"})
    static final class Train implements Callable<Integer> {
        @ParentCommand private TokenizerCommand parent;

        @Spec private CommandSpec spec;

        @Parameters(paramLabel = "FILE", arity = "1..*",
                description = "Texts: files, or folders of .txt, .md and .jsonl.")
        private List<Path> files;

        @Option(names = "--type", paramLabel = "TYPE", defaultValue = "bpe",
                description = "bpe (over bytes; the default), wordpiece, unigram or characters.")
        private String type;

        @Option(names = "--vocab", paramLabel = "N", defaultValue = "8000",
                description = "Size of the vocabulary, 8000 by default.") private int vocabulary;

        @Option(names = "--special", paramLabel = "TOKEN",
                description = "A control token; may be repeated.")
        private List<String> specials = List.of();

        @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to write the tokenizer.json.")
        private Path out;

        @Override public Integer call() throws IOException {
            var terminal = parent.lyceum.terminal();
            var texts = Documents.all(files).stream().map(Document::text).toList();
            TokenizerPipeline learned;
            try (var line = new ProgressLine(terminal, System::nanoTime)) {
                learned = learn(type, vocabulary, specials, texts, line.progress(), spec);
            }
            learned.write(out);
            long characters = texts.stream().mapToLong(String::length).sum(), tokens = texts.stream().mapToLong(learned::count).sum();
            terminal.out().printf("%d pieces; %.2f characters to a token on these texts. Written: %s%n", learned.vocabulary().size(),
                    (double) characters / Math.max(1, tokens), out);
            return LyceumCommand.DONE;
        }
    }

    static TokenizerPipeline learn(String type, int vocabulary, List<String> specials, List<String> texts, Progress progress,
            CommandSpec spec) {
        if (!List.of("bpe", "wordpiece", "unigram", "characters").contains(type))
            throw new ParameterException(spec.commandLine(), "--type is " + type + "; it is bpe, wordpiece, unigram or characters");
        return TokenizerKind.named(type).learn(vocabulary, specials, texts, progress);
    }
}
