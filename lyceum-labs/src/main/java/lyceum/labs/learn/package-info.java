/** Labs about classical learners; one class a topic or a few that belong together. */
package lyceum.labs.learn;
