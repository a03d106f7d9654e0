# Databricks notebook source
from pyspark.sql.functions import expr

tickets = spark.table("support.tickets")

# COMMAND ----------
# ai_query ran databricks-dbrx-instruct before
labelled = tickets.withColumn(
    "label",
    expr("ai_query('databricks-meta-llama-3-1-70b-instruct', concat('Label: ', text))"),
)
labelled.write.mode("overwrite").saveAsTable("support.labels")
