"""GetMetricData: periods that begin where the time that is asked for begins.

ministack cuts its periods by the clock. AWS begins them at StartTime, rounded down to the minute, so a request for the
hours before 09:46 gets hours that end at 46 minutes past. It returns the newest first, and only the metric that has
exactly the dimensions that are asked for: none, if none are.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://github.com/boto/boto3/issues/3457
"""

from ministack.services import cloudwatch

from .patch import around


@around(cloudwatch, "_get_metric_data")
def _get_metric_data(original, params, data, is_cbor, is_json=False):
    if not (is_cbor or is_json) or any("MetricStat" not in query for query in data["MetricDataQueries"]):
        return original(params, data, is_cbor, is_json)
    start = cloudwatch._parse_ts(data["StartTime"]) // 60 * 60
    end = cloudwatch._parse_ts(data["EndTime"])
    queries = [query for query in data["MetricDataQueries"] if query.get("ReturnData", True)]
    results = [_result(query, start, end) for query in queries]
    if is_cbor:
        results = [cloudwatch._cbor_metric_data_result(result) for result in results]
        return cloudwatch._cbor_ok({"MetricDataResults": results, "Messages": []})
    return cloudwatch._json_ok({"MetricDataResults": results, "Messages": []})


def _result(query, start, end):
    metric, period = query["MetricStat"]["Metric"], int(query["MetricStat"]["Period"])
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    by_period = {}
    for point in cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions), []):
        if start <= point["Timestamp"] < end:
            nth = (point["Timestamp"] - start) // period
            by_period.setdefault(start + nth * period, []).append(point)
    values = {
        begin: cloudwatch._stat_value(cloudwatch._calc_stats(points), query["MetricStat"]["Stat"], points)
        for begin, points in sorted(by_period.items(), reverse=True)
    }
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "StatusCode": "Complete",
        "Timestamps": [cloudwatch._ts_iso(begin) for begin in values],
        "Values": list(values.values()),
    }
