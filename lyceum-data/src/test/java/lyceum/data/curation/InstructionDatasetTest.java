package lyceum.data.curation;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.data.ContentHash;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Malformed;
import lyceum.data.curation.Conversation.Message;
import lyceum.data.curation.Conversation.Role;
import lyceum.data.curation.ConversationCheck.Defect;
import lyceum.data.dedup.ShingleSets;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstructionDatasetTest {
    private static final List<String> SENTENCES = Corpora.brown().limit(120).toList().stream().flatMap(d -> d.text().lines())
            .filter(line -> line.length() > 60 && line.length() < 300 && line.endsWith(".")).toList();
    private static final Pattern FOREIGN = Pattern.compile("\\b(?:der|die|das|und|wird|de|la|el|los|que|le|les|des|est)\\b");
    private static final String[] TASKS = {"Explain", "Summarize", "Rewrite", "Classify", "List", "Compare"};

    @TempDir Path folder;

    @Test
    @Acceptance(topic = "instruction-dataset", clause = 1)
    void conversationsSurviveAllFormatsOrAreRejectedWithAReason()
            throws IOException {
        var rng = Rng.of(1);
        var conversations = new ArrayList<Conversation>();
        for (int i = 0; i < 1000; i++) conversations.add(random(rng, "c" + i));
        var data = new InstructionDataset(conversations);
        int changed = 0, wronglyRejected = 0, wronglyWritten = 0;
        var written = new EnumMap<ConversationFormat, Integer>(ConversationFormat.class);
        var around = new HashMap<String, Conversation>();
        for (var conversation : conversations) around.put(conversation.id(), conversation);
        var whole = data;
        for (var format : ConversationFormat.values()) {
            var rejected = new HashMap<String, String>();
            var file = folder.resolve(format + ".jsonl");
            data.write(file, format, (conversation, reason) -> rejected.put(conversation.id(), reason));
            var read = InstructionDataset.read(file, format, malformed -> {
                throw new AssertionError(malformed);
            });
            written.put(format, read.size());
            for (var conversation : read.conversations()) if (!conversation.equals(around.get(conversation.id()))) changed++;
            for (var conversation : conversations) {
                boolean expressible = expressible(conversation, format);
                if (expressible && rejected.containsKey(conversation.id())) wronglyRejected++;
                if (!expressible && rejected.getOrDefault(conversation.id(), "").isBlank()) wronglyWritten++;
            }
            whole = new InstructionDataset(
                    whole.conversations().stream().filter(conversation -> !rejected.containsKey(conversation.id())).toList());
        }
        var file = folder.resolve("chain");
        var chained = whole;
        for (var format : List.of(ConversationFormat.SHAREGPT, ConversationFormat.ALPACA, ConversationFormat.MESSAGES)) {
            chained.write(file, format, (conversation, reason) -> {
                throw new AssertionError(reason);
            });
            chained = InstructionDataset.read(file, format, malformed -> {
                throw new AssertionError(malformed);
            });
        }
        Evidence.of("conversations", conversations.size(), exactly(1000));
        Evidence.of("fewest that a format expresses", written.values().stream().mapToInt(n -> n).min().orElseThrow(), above(150));
        Evidence.of("of those read back, changed", changed, exactly(0));
        Evidence.of("rejected though expressible", wronglyRejected, exactly(0));
        Evidence.of("inexpressible and not rejected with a reason", wronglyWritten, exactly(0));
        Evidence.of("changed on the way around all three", chained.equals(whole) && chained.size() > 150 ? 0 : 1, exactly(0));
        assertThat(written.get(ConversationFormat.MESSAGES)).isEqualTo(1000);
    }

    private static Conversation random(Rng rng, String id) {
        var messages = new ArrayList<Message>();
        if (rng.nextInt(4) == 0) messages.add(Message.system(text(rng)));
        for (int turns = 1 + (rng.nextInt(2) == 0 ? 0 : rng.nextInt(4)); turns > 0; turns--) {
            messages.add(Message.user(text(rng)));
            if (rng.nextInt(8) == 0) messages.add(new Message(Role.TOOL, "{\"x\": " + rng.nextInt(9) + "}"));
            if (rng.nextInt(10) > 0) messages.add(Message.assistant(text(rng)));
        }
        return new Conversation(id, messages, rng.nextInt(3) == 0 ? Map.of("source", "s" + rng.nextInt(3), "k\u00e9y", "\n") : Map.of());
    }

    private static String text(Rng rng) {
        var odd = List.of("", "\"quoted\"", "a\nb\n", "\u00e9\u4e2d\uD83D\uDE00", "back\\slash\t", "\u2028", "  spaces  ");
        return rng.nextInt(3) == 0 ? odd.get(rng.nextInt(odd.size())) : SENTENCES.get(rng.nextInt(SENTENCES.size()));
    }

    /** As the formats are documented, not as the code has it. */
    private static boolean expressible(Conversation conversation, ConversationFormat format) {
        var roles = conversation.messages().stream().map(Message::role).toList();
        return switch (format) {
            case MESSAGES -> true;
            case SHAREGPT -> !roles.contains(Role.TOOL);
            case ALPACA -> roles.equals(List.of(Role.USER, Role.ASSISTANT));
        };
    }

    private static Conversation clean(Rng rng, String id) {
        var messages = new ArrayList<Message>();
        if (rng.nextInt(3) == 0) messages.add(Message.system("Answer briefly."));
        for (int turns = 1 + rng.nextInt(3); turns > 0; turns--) {
            messages.add(Message.user(TASKS[rng.nextInt(TASKS.length)] + " this: " + SENTENCES.get(rng.nextInt(SENTENCES.size()))));
            var answer = SENTENCES.get(rng.nextInt(SENTENCES.size())) + " " + SENTENCES.get(rng.nextInt(SENTENCES.size()));
            messages.add(Message.assistant(switch (rng.nextInt(6)) {
                case 0 -> "42";
                case 1 -> answer + "\n- first\n- second of them";
                case 2 -> answer + "\n```\nint x = 1;\n```";
                default -> answer;
            }));
        }
        return new Conversation(id, messages, Map.of());
    }

    @Test
    @Acceptance(topic = "instruction-dataset", clause = 2) void everyPlantedDefectIsFoundAndCleanDataRaisesNoAlarm() {
        var rng = Rng.of(2);
        var clean = new ArrayList<Conversation>();
        for (int i = 0; i < 1500; i++) clean.add(clean(rng, "clean" + i));
        long alarms = new InstructionDataset(clean).check().stream().filter(findings -> !findings.isEmpty()).count();
        Evidence.of("clean conversations", clean.size(), exactly(1500));
        Evidence.of("of them with an alarm", alarms, exactly(0));
        var foreign = Junk.manPages();
        int kinds = 0, missed = 0, planted = 0;
        for (var defect : Defect.values()) {
            kinds++;
            var spoiled = new ArrayList<Conversation>();
            for (int i = 0; i < 60; i++) spoiled.add(spoiled(clean(rng, defect + "-" + i), defect, rng, foreign));
            for (var findings : new InstructionDataset(spoiled).check()) {
                planted++;
                if (findings.stream().noneMatch(finding -> finding.defect() == defect)) missed++;
            }
        }
        Evidence.of("kinds of defects", kinds, exactly(8));
        Evidence.of("planted", planted, exactly(480));
        Evidence.of("of them missed", missed, exactly(0));
    }

    private static Conversation spoiled(Conversation conversation, Defect defect, Rng rng, Map<String, List<String>> foreign) {
        var messages = new ArrayList<>(conversation.messages());
        int last = messages.size() - 1;
        var answer = SENTENCES.get(rng.nextInt(SENTENCES.size()));
        switch (defect) {
            case EMPTY_ANSWER -> messages.set(last, Message.assistant(List.of("", " \n", "\t").get(rng.nextInt(3))));
            case CUT_OFF_ANSWER -> messages.set(last, Message.assistant(rng.nextInt(3) == 0 ? answer + "\n```\nint x = 1;\nint y"
                    : answer + " " + answer.substring(0, answer.indexOf(' ', 30)).replaceAll("\\W+$", "")));
            case ROLE_ORDER -> {
                switch (rng.nextInt(3)) {
                    case 0 -> messages.add(last, Message.user("And this?"));
                    case 1 -> messages.add(Message.assistant(answer));
                    default -> messages.add(last, Message.system("Be kind."));
                }
            }
            case NO_ANSWER -> messages.remove(last);
            case REFUSAL ->
                    messages.set(
                            last, Message
                                    .assistant(List
                                            .of("I'm sorry, but I can't help with that.", "As an AI language model, I have no opinion.",
                                                    "I cannot assist with this request.", "Sorry, but that is not possible.")
                                            .get(rng.nextInt(4))));
            case WRONG_LANGUAGE -> {
                var pages = foreign.get(List.of("de", "es", "fr").get(rng.nextInt(3)));
                String page;
                do page = pages.get(rng.nextInt(pages.size()));
                while (FOREIGN.matcher(page.substring(0, Math.min(600, page.length()))).results().count() < 6); // some pages are English in half
                messages.set(last, Message.assistant(page.substring(0, Math.min(600, page.length())) + "."));
            }
            case LOOP -> messages.set(last, Message.assistant((answer.substring(0, 55) + ". ").repeat(6 + rng.nextInt(10))));
            case ENCODING -> messages.set(rng.nextInt(messages.size()),
                    new Message(messages.getLast().role(),
                            new String("The caf\u00e9 on the corner was \u00fcber-full that day.".getBytes(StandardCharsets.UTF_8),
                                    StandardCharsets.ISO_8859_1)));
        }
        return new Conversation(conversation.id(), messages, Map.of());
    }

    private static List<Conversation> alike(Rng rng, int n) {
        var conversations = new ArrayList<Conversation>();
        for (int i = 0; i < n; i++) {
            String prompt = TASKS[rng.nextInt(TASKS.length)] + " the following: " + SENTENCES.get(rng.nextInt(SENTENCES.size()));
            if (i > 20 && rng.nextInt(3) == 0) {
                var words = conversations.get(rng.nextInt(i)).prompt().split(" ");
                for (int e = rng.nextInt(4); e > 0; e--) words[rng.nextInt(words.length)] = "other" + rng.nextInt(50);
                prompt = String.join(" ", words);
            }
            conversations.add(Conversation.of("p" + i, Message.user(prompt), Message.assistant("Answer " + i + ".")));
        }
        return conversations;
    }

    private static Set<String> shingles(String text) { return ShingleSets.of(text, 3); }

    @Test
    @Acceptance(topic = "instruction-dataset", clause = 3) void nearCopiesGoAsBruteForceWouldHaveThem() {
        var conversations = alike(Rng.of(3), 1500);
        int n = conversations.size();
        var sets = conversations.stream().map(c -> shingles(c.prompt())).toList();
        var cluster = new int[n];
        for (int i = 0; i < n; i++) cluster[i] = i;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) if (cluster[i] != cluster[j] && ShingleSets.jaccard(sets.get(i), sets.get(j)) >= 0.7) {
                int from = cluster[i], to = cluster[j];
                for (int k = 0; k < n; k++) if (cluster[k] == from) cluster[k] = to;
            }
        var best = new HashMap<Integer, Conversation>();
        for (int i = 0; i < n; i++) best.merge(cluster[i], conversations.get(i), InstructionDatasetTest::longer);
        var expected = new HashSet<>(best.values().stream().map(Conversation::id).toList());
        var kept = new HashSet<>(
                new InstructionDataset(conversations).withoutNearCopies(0.7).conversations().stream().map(Conversation::id).toList());
        long equal = conversations.stream().filter(c -> kept.contains(c.id()) == expected.contains(c.id())).count();
        Evidence.of("decisions", n, exactly(1500));
        Evidence.of("conversations that brute force drops", n - expected.size(), above(200));
        Evidence.of("share of decisions that are brute force's", equal / (double) n, atLeast(0.99));
    }

    private static Conversation longer(Conversation a, Conversation b) {
        int byLength = Integer.compare(a.prompt().getBytes(StandardCharsets.UTF_8).length,
                b.prompt().getBytes(StandardCharsets.UTF_8).length);
        if (byLength != 0) return byLength > 0 ? a : b;
        int byHash = ContentHash.of(a.prompt()).compareTo(ContentHash.of(b.prompt()));
        return byHash != 0 ? byHash < 0 ? a : b : a.id().compareTo(b.id()) < 0 ? a : b;
    }

    @Test
    @Acceptance(topic = "instruction-dataset", clause = 4) void noClusterOfPromptsSpansTwoParts() {
        int pairs = 0, spanning = 0, without = 0;
        for (int salt = 0; salt < 3; salt++) {
            var conversations = alike(Rng.of(40 + salt), 800);
            var parts = new InstructionDataset(conversations).split(salt, 0.7, 0.6, 0.2, 0.2);
            var part = new HashMap<String, Integer>();
            for (int p = 0; p < 3; p++) for (var c : parts.get(p).conversations()) part.put(c.id(), p);
            assertThat(part).hasSize(800);
            assertThat(parts.get(2).size()).isBetween(60, 280);
            var sets = conversations.stream().map(c -> shingles(c.prompt())).toList();
            for (int i = 0; i < 800; i++) for (int j = 0; j < i; j++) {
                if (ShingleSets.jaccard(sets.get(i), sets.get(j)) < 0.7) continue;
                pairs++;
                if (!part.get("p" + i).equals(part.get("p" + j))) spanning++;
                if (i % 5 == 0 != (j % 5 == 0)) without++;
            }
        }
        Evidence.of("pairs of like prompts", pairs, above(300));
        Evidence.of("of them in two parts", spanning, exactly(0));
        Evidence.of("of them that a split by number would have torn", without, above(50));
    }

    @Test void linesThatAreNoConversationsAreToldByNumber() throws IOException {
        var told = new ArrayList<Malformed>();
        var file = Files.writeString(folder.resolve("x.jsonl"), """
                {"instruction": "Add.", "input": "1 and 2", "output": "3"}
                {"instruction": "Add."}
                {"messages": [{"role": "user", "content": 5}]}
                no
                """);
        var read = InstructionDataset.read(file, ConversationFormat.ALPACA, told::add);
        assertThat(read.conversations())
                .containsExactly(Conversation.of("x.jsonl:1", Message.user("Add.\n\n1 and 2"), Message.assistant("3")));
        assertThat(told).extracting(Malformed::line).containsExactly(2L, 3L, 4L);
        Files.writeString(file, "{\"conversations\": [{\"from\": \"narrator\", \"value\": \"x\"}]}");
        told.clear();
        InstructionDataset.read(file, ConversationFormat.SHAREGPT, told::add);
        assertThat(told.getFirst().toString()).startsWith("x.jsonl, line 1: role \"narrator\"");
    }

    @Test void theCardCountsTasksAndLengths() {
        var card = new InstructionDataset(List.of(Conversation.of("a", Message.user("List three fruits"), Message.assistant("a b c")),
                Conversation.of("b", Message.user("list two"), Message.assistant("a b")),
                Conversation.of("c", Message.user("Why?"), Message.assistant("Because.")))).card();
        assertThat(card).isEqualTo(new InstructionDataset.Card(3, 2, 2, 2, 3, Map.of("list", 2, "why", 1)));
        var findings = new ArrayList<String>();
        new InstructionDataset(List.of(Conversation.of("a", Message.user("x"))))
                .withoutDefects((c, f) -> findings.add(c.id() + f.getFirst().defect()));
        assertThat(findings).containsExactly("aNO_ANSWER");
    }
}
