package lyceum.labs.data;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lyceum.data.corpus.Corpora;
import lyceum.data.curation.Conversation;
import lyceum.data.curation.Conversation.Message;
import lyceum.data.curation.ConversationCheck.Defect;
import lyceum.data.curation.ConversationFormat;
import lyceum.data.curation.InstructionDataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;

/** A data set of questions and answers with eight kinds of damage, and copies of questions that would leak into a test set. */
@Lab(topics = "instruction-dataset", title = "Eight things wrong with an answer")
final class InstructionLab implements LabBody {
    private static final String[] TASKS = {"Explain", "Summarize", "Rewrite", "Classify"};

    @Override public void run(LabContext lab) {
        int n = lab.param("conversations", 400, 100, 2000);
        double threshold = lab.param("Jaccard threshold", 0.7, 0.3, 0.95), share = lab.param("share of copied questions", 0.3, 0.0, 0.8);
        var rng = lab.rng(0);
        var sentences = Corpora.brown().limit(60).stream().flatMap(d -> d.text().lines())
                .filter(s -> s.length() > 70 && s.length() < 300 && s.endsWith(".")).toList();
        var clean = new ArrayList<Conversation>();
        for (int i = 0; i < n; i++) {
            var question = TASKS[rng.nextInt(4)] + " this: " + sentences.get(rng.nextInt(sentences.size()));
            if (i > 0 && rng.nextDouble() < share) {
                var words = clean.get(rng.nextInt(i)).prompt().split(" ");
                words[rng.nextInt(words.length)] = "somehow";
                question = String.join(" ", words);
            }
            clean.add(Conversation.of("c" + i, Message.user(question), Message.assistant(sentences.get(rng.nextInt(sentences.size())))));
        }
        var dirty = new ArrayList<>(clean);
        for (int i = 0; i < 8 * (n / 40); i++) dirty.add(spoiled(clean.get(i), Defect.values()[i % 8]));
        var found = new double[8];
        var rows = new ArrayList<List<?>>();
        var kept = new InstructionDataset(dirty).withoutDefects((conversation, findings) -> {
            for (var finding : findings) {
                if (found[finding.defect().ordinal()]++ > 0) continue;
                var answer = conversation.answer();
                rows.add(
                        List.of(finding.defect(), conversation.id(), finding.detail(), answer.substring(0, Math.min(50, answer.length()))));
            }
        });
        var names = new String[8];
        for (var defect : Defect.values()) names[defect.ordinal()] = defect.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        lab.figure(Figure.bar("Defects found", names, found).axes("kind", "conversations")
                .describedAs("Each kind was planted equally often; some damage is of two kinds at once."));
        lab.table("The first of each kind", List.of("defect", "conversation", "where", "the answer begins"), rows);
        lab.shows("clean conversations that were dropped",
                clean.size() - kept.conversations().stream().filter(c -> c.id().startsWith("c")).count(), exactly(0));
        lab.shows("spoiled ones that were kept", kept.size() - clean.size(), exactly(0));

        var copies = kept.nearCopies(threshold);
        var sizes = copies.clusters().stream().mapToDouble(List::size).toArray();
        if (sizes.length > 0) lab.figure(Figure.histogram("Clusters of like questions", sizes).axes("questions in a cluster", "clusters")
                .describedAs("Copies of copies chain up, so a few clusters are large."));
        var parts = kept.split(lab.seed(), threshold, 0.8, 0.2);
        var cluster = copies.clusterOf();
        var trained = parts.get(0).conversations().stream().map(c -> cluster.getOrDefault(c.id(), c.id())).collect(Collectors.toSet());
        lab.shows("test questions whose cluster stands in training",
                parts.get(1).conversations().stream().filter(c -> trained.contains(cluster.getOrDefault(c.id(), c.id()))).count(),
                exactly(0));
        var system = Conversation.of("x", Message.system("Be brief."), Message.user("Why is the sky blue?"),
                Message.assistant("Air scatters short wavelengths more."));
        lab.say("%d conversations, %d clusters of copies. In the form of ShareGPT: %s. In Alpaca's: %s.", kept.size(), sizes.length,
                ConversationFormat.SHAREGPT.write(system), ConversationFormat.ALPACA.problem(system));
    }

    private static Conversation spoiled(Conversation from, Defect defect) {
        var question = from.messages().get(0);
        var answer = from.messages().get(1).content();
        var id = "spoiled-" + from.id();
        return switch (defect) {
            case EMPTY_ANSWER -> Conversation.of(id, question, Message.assistant(" "));
            case CUT_OFF_ANSWER -> Conversation.of(id, question, Message.assistant(answer + " And then the"));
            case ROLE_ORDER -> Conversation.of(id, question, question, Message.assistant(answer));
            case NO_ANSWER -> Conversation.of(id, question);
            case REFUSAL -> Conversation.of(id, question, Message.assistant("I'm sorry, but I can't help with that."));
            case WRONG_LANGUAGE -> Conversation.of(id, question,
                    Message.assistant("Der Himmel ist blau, weil die Luft das kurzwellige Licht st\u00E4rker streut als das langwellige."));
            case LOOP -> Conversation.of(id, question, Message.assistant((answer + " ").repeat(8)));
            case ENCODING -> Conversation.of(id, question, Message.assistant("The caf\u00C3\u00A9 was full. " + answer));
        };
    }
}
