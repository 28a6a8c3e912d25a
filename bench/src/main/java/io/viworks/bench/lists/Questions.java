package io.viworks.bench.lists;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What is asked: the pages a panel opens with, its filters and sorts, and pages far inside. */
final class Questions {
    private static final String LIVE = "g.status <> 'decommissioned'";

    private Questions() {}

    /** All of them, for the rows that are there. */
    static List<Question> of(Connection connection) throws SQLException {
        String busy =
                BareSql.value(
                        connection,
                        "select agent_id from agent_commands group by 1 order by count(*) desc, 1 limit 1");
        return List.of(
                Question.ofGateways(
                        "gateways, first page",
                        "",
                        "where " + LIVE + " order by g.agent_id limit 51"),
                Question.ofGateways(
                        "gateways, 200 of a page",
                        "?limit=200",
                        "where " + LIVE + " order by g.agent_id limit 201"),
                Question.ofGateways(
                        "gateways of a site",
                        "?site=site-017",
                        "where " + LIVE + " and g.site = ? order by g.agent_id limit 51",
                        "site-017"),
                Question.ofGateways(
                        "gateways by a label",
                        "?label=customer=c17",
                        "where " + LIVE + " and g.labels @> ?::jsonb order by g.agent_id limit 51",
                        "{\"customer\":\"c17\"}"),
                Question.ofGateways(
                        "disconnected gateways",
                        "?status=disconnected",
                        "where g.status = ? order by g.agent_id limit 51",
                        "disconnected"),
                Question.ofGateways(
                        "gateways, last seen first",
                        "?sort=-last_seen",
                        "where "
                                + LIVE
                                + " order by g.last_seen desc nulls last, g.agent_id limit 51"),
                Question.ofGateways(
                        "gateways, busiest processor first",
                        "?sort=-cpu_pct",
                        "where "
                                + LIVE
                                + " order by s.cpu_pct desc nulls last, g.agent_id limit 51"),
                Question.ofGateways(
                        "gateways, part of a name",
                        "?q=gw-00999",
                        "where "
                                + LIVE
                                + " and (g.agent_id ilike ? or g.display_name ilike ? or g.hostname"
                                + " ilike ?) order by g.agent_id limit 51",
                        "%gw-00999%",
                        "%gw-00999%",
                        "%gw-00999%"),
                Question.ofCommands(
                        "commands, newest first",
                        "",
                        "order by c.issued_at desc, c.correlation_id desc limit 51"),
                Question.ofCommands(
                        "failed commands",
                        "?state=FAILED",
                        "where c.state = ? order by c.issued_at desc, c.correlation_id desc limit 51",
                        "FAILED"),
                Question.ofCommands(
                        "commands that wait",
                        "?state=QUEUED",
                        "where c.state = ? order by c.issued_at desc, c.correlation_id desc limit 51",
                        "QUEUED"),
                Question.ofCommands(
                        "commands of a verb",
                        "?verb=create_openvpn_user",
                        "where c.verb = ? order by c.issued_at desc, c.correlation_id desc limit 51",
                        "create_openvpn_user"),
                Question.ofCommands(
                        "commands of a gateway",
                        "?agent_id=" + busy,
                        "where c.agent_id = ? order by c.issued_at desc, c.correlation_id desc limit"
                                + " 51",
                        busy));
    }
}
